// SPDX-License-Identifier: Apache-2.0

package ossenv_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/env"
	"github.com/sidetrace/sidetrace/internal/ossenv"
	"github.com/sidetrace/sidetrace/oss"
)

func reader(vars map[string]string) *env.Reader {
	return env.NewReader(func(name string) string { return vars[name] })
}

func TestS3(t *testing.T) {
	r := reader(map[string]string{
		"OSS_ENDPOINT": "http://127.0.0.1:9000", "OSS_BUCKET_NAME": "runs", "OSS_ACCESS_KEY_ID": "me", "OSS_ACCESS_KEY_SECRET": "secret",
		"SIDETRACE_OSS_PREFIX": "/a/b/", "OSS_TTL": "60",
	})
	c := ossenv.S3(r)
	ossenv.CheckNeeded(r, &c)
	require.NoError(t, r.Err())
	assert.Equal(t, oss.S3Config{
		Bucket: "runs", Endpoint: "http://127.0.0.1:9000", AccessKeyID: "me", SecretAccessKey: "secret", Prefix: "a/b",
		Addressing: oss.AddressingAuto, Checksums: oss.ChecksumAuto, Links: oss.LinkPresigned, LinkLife: time.Minute,
	}, c)
}

func TestS3SaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"SIDETRACE_OSS_SSE", "des", `SIDETRACE_OSS_SSE="des": want AES256 or aws:kms`},
		{"SIDETRACE_OSS_LINK_LIFE", "700000", `SIDETRACE_OSS_LINK_LIFE="700000": want at most 604800 seconds (seven days)`},
		{"SIDETRACE_OSS_ENDPOINT", "ftp://x", `SIDETRACE_OSS_ENDPOINT="ftp://x": want http://host:port or https://host`},
		{"SIDETRACE_OSS_LINKS", "short", `SIDETRACE_OSS_LINKS="short": want`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := reader(map[string]string{tt.name: tt.value})
			ossenv.S3(r)
			require.ErrorContains(t, r.Err(), tt.want)
		})
	}
	r := reader(map[string]string{"SIDETRACE_OSS_ACCESS_KEY_ID": "me"})
	c := ossenv.S3(r)
	ossenv.CheckNeeded(r, &c)
	require.ErrorContains(t, r.Err(), "the name of a bucket")
	require.ErrorContains(t, r.Err(), "both set or both empty")
}
