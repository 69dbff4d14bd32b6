// SPDX-License-Identifier: Apache-2.0

package oss_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/s3test"
	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/oss/osstest"
)

func s3Config(endpoint string) oss.S3Config {
	return oss.S3Config{
		Bucket:          s3test.Bucket,
		Endpoint:        endpoint,
		AccessKeyID:     s3test.AccessKeyID,
		SecretAccessKey: s3test.SecretAccessKey,
	}
}

func newS3(t *testing.T, cfg oss.S3Config) *oss.S3 {
	t.Helper()
	s, err := oss.NewS3(t.Context(), cfg)
	require.NoError(t, err)
	return s
}

func TestS3(t *testing.T) {
	server := s3test.New(t)
	osstest.TestStore(t, func(t *testing.T) oss.Store { return newS3(t, s3Config(server.Endpoint)) })
}

func TestS3Prefix(t *testing.T) {
	server := s3test.New(t)
	cfg := s3Config(server.Endpoint)
	cfg.Prefix = "team/agents"
	store := newS3(t, cfg)
	osstest.TestStore(t, func(t *testing.T) oss.Store { return store })
	for _, key := range server.Objects() {
		assert.True(t, strings.HasPrefix(key, "team/agents/"), key)
	}
	assert.Equal(t, "s3://traces/team/agents/a/b.txt", store.Link("a/b.txt"))
}

func TestS3Links(t *testing.T) {
	server := s3test.New(t)
	const key = "ab/提示 1.txt"
	get := func(link string) (int, string) {
		resp, err := http.Get(link)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}

	t.Run("s3", func(t *testing.T) {
		link, err := newS3(t, s3Config(server.Endpoint)).Put(t.Context(), key, []byte("body"))
		require.NoError(t, err)
		assert.Equal(t, "s3://traces/"+key, link)
	})
	t.Run("presigned", func(t *testing.T) {
		cfg := s3Config(server.Endpoint)
		cfg.Links, cfg.LinkLife = oss.LinkPresigned, time.Hour
		link, err := newS3(t, cfg).Put(t.Context(), key, []byte("signed"))
		require.NoError(t, err)
		code, body := get(link)
		assert.Equal(t, http.StatusOK, code, body)
		assert.Equal(t, "signed", body)
		u, err := url.Parse(link)
		require.NoError(t, err)
		assert.Equal(t, "3600", u.Query().Get("X-Amz-Expires"))
		q := u.Query()
		q.Set("X-Amz-Signature", strings.Repeat("0", 64))
		u.RawQuery = q.Encode()
		code, _ = get(u.String())
		assert.Equal(t, http.StatusForbidden, code, "a wrong signature opens nothing")
	})
	t.Run("plain", func(t *testing.T) {
		cfg := s3Config(server.Endpoint)
		cfg.Links = oss.LinkPlain
		link, err := newS3(t, cfg).Put(t.Context(), key, []byte("plain"))
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(link, server.Endpoint+"/traces/ab/"), link)
		policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::traces/*"}]}`
		_, err = server.Client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(s3test.Bucket), Policy: aws.String(policy)})
		require.NoError(t, err)
		code, body := get(link)
		assert.Equal(t, http.StatusOK, code, body)
		assert.Equal(t, "plain", body)
	})
}

// Services other than AWS refuse the checksums that the AWS SDK adds by default.
func TestS3ChecksumsOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		mode oss.ChecksumMode
		want bool
	}{
		{"", false},
		{oss.ChecksumWhenRequired, false},
		{oss.ChecksumWhenSupported, true},
	} {
		headers := sentHeaders(t, func(cfg *oss.S3Config) { cfg.Checksums = tt.mode })
		var found bool
		for name := range headers {
			found = found || strings.Contains(strings.ToLower(name), "checksum")
		}
		assert.Equal(t, tt.want, found, "mode %q: %v", tt.mode, headers)
		assert.NotContains(t, headers.Get("Content-Encoding"), "aws-chunked")
	}
}

// sentHeaders returns the headers of a Put.
func sentHeaders(t *testing.T, change func(*oss.S3Config)) http.Header {
	t.Helper()
	got := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Clone() }))
	defer server.Close()
	cfg := s3Config(server.URL)
	change(&cfg)
	_, err := newS3(t, cfg).Put(t.Context(), "k", []byte("body"))
	require.NoError(t, err)
	return <-got
}

func TestS3SSE(t *testing.T) {
	headers := sentHeaders(t, func(cfg *oss.S3Config) { cfg.SSE, cfg.SSEKMSKeyID = "aws:kms", "key-1" })
	assert.Equal(t, "aws:kms", headers.Get("X-Amz-Server-Side-Encryption"))
	assert.Equal(t, "key-1", headers.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"))
}

func TestS3Addresses(t *testing.T) {
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, tt := range []struct {
		name string
		cfg  oss.S3Config
		want string
	}{
		{"AWS", oss.S3Config{Region: "eu-west-1"}, "https://traces.s3.eu-west-1.amazonaws.com/k"},
		{"MinIO by address", oss.S3Config{Endpoint: "http://10.0.0.1:9000"}, "http://10.0.0.1:9000/traces/k"},
		{"Ceph by name", oss.S3Config{Endpoint: "https://rgw.example.com"}, "https://rgw.example.com/traces/k"},
		{"Alibaba OSS", oss.S3Config{Endpoint: "https://oss-cn-hangzhou.aliyuncs.com"}, "https://traces.oss-cn-hangzhou.aliyuncs.com/k"},
		{"Tencent COS", oss.S3Config{Endpoint: "https://cos.ap-beijing.myqcloud.com"}, "https://traces.cos.ap-beijing.myqcloud.com/k"},
		{"forced path", oss.S3Config{Region: "eu-west-1", Addressing: oss.AddressingPath}, "https://s3.eu-west-1.amazonaws.com/traces/k"},
		{"forced host", oss.S3Config{Endpoint: "https://rgw.example.com", Addressing: oss.AddressingHost}, "https://traces.rgw.example.com/k"},
		{"with prefix", oss.S3Config{Endpoint: "http://minio:9000", Prefix: "p/q"}, "http://minio:9000/traces/p/q/k"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Bucket, tt.cfg.Links = "traces", oss.LinkPlain
			tt.cfg.AccessKeyID, tt.cfg.SecretAccessKey = "id", "secret"
			assert.Equal(t, tt.want, newS3(t, tt.cfg).Link("k"))
		})
	}
}

func TestS3ConfigErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*oss.S3Config)
		want   string
	}{
		{"no bucket", func(c *oss.S3Config) { c.Bucket = "" }, "Bucket"},
		{"endpoint without scheme", func(c *oss.S3Config) { c.Endpoint = "minio:9000" }, `Endpoint "minio:9000": want http`},
		{"credentials in endpoint", func(c *oss.S3Config) { c.Endpoint = "http://u:p@minio:9000" }, "Endpoint"},
		{"half a key", func(c *oss.S3Config) { c.SecretAccessKey = "" }, "AccessKeyID"},
		{"prefix", func(c *oss.S3Config) { c.Prefix = "/abs/" }, "Prefix"},
		{"addressing", func(c *oss.S3Config) { c.Addressing = "magic" }, "auto, path or host"},
		{"checksums", func(c *oss.S3Config) { c.Checksums = "maybe" }, "when_required"},
		{"sse", func(c *oss.S3Config) { c.SSE = "rot13" }, "AES256"},
		{"links", func(c *oss.S3Config) { c.Links = "ftp" }, "presigned"},
		{"link life", func(c *oss.S3Config) { c.LinkLife = 8 * 24 * time.Hour }, "168h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := s3Config("http://127.0.0.1:1")
			tt.change(&cfg)
			_, err := oss.NewS3(t.Context(), cfg)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), s3test.SecretAccessKey)
		})
	}
}

// Credentials may have to come from a service that does not answer: values are
// then linked by their keys, and nobody waits for each of them.
func TestS3LinkDoesNotWaitForCredentials(t *testing.T) {
	hang, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer hang.Close()
	for name, value := range map[string]string{
		"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://" + hang.Addr().String(), "AWS_EC2_METADATA_DISABLED": "false",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_CONFIG_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	store := newS3(t, oss.S3Config{Bucket: "traces", Region: "us-east-1", Links: oss.LinkPresigned})
	start := time.Now()
	for i := range 100 {
		key := oss.Key(fmt.Sprint(i))
		require.Equal(t, "s3://traces/"+key, store.Link(key))
	}
	assert.Less(t, time.Since(start), 2*time.Second, "a hundred waits of 50 ms are five seconds")
}
