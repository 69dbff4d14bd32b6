// SPDX-License-Identifier: Apache-2.0

package oss

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// LinkStyle says what the links of an [S3] look like.
type LinkStyle string

const (
	// LinkS3 gives s3://bucket/key, which names the object for good and holds
	// no credential. It is the default.
	LinkS3 LinkStyle = "s3"
	// LinkPlain gives the object's HTTP address, for buckets that readers may
	// read without a signature.
	LinkPlain LinkStyle = "plain"
	// LinkPresigned gives an HTTP address signed for reading until LinkLife is
	// over. Whoever sees it until then can read the object.
	LinkPresigned LinkStyle = "presigned"
)

// Addressing says where the bucket's name goes in the address of a request.
type Addressing string

const (
	// AddressingAuto takes the path for endpoints that are an IP address, a
	// name without dots or not one of the public services that refuse it, and
	// the host otherwise. It is the default.
	AddressingAuto Addressing = "auto"
	// AddressingPath gives https://endpoint/bucket/key (MinIO, Ceph).
	AddressingPath Addressing = "path"
	// AddressingHost gives https://bucket.endpoint/key (AWS, Alibaba OSS).
	AddressingHost Addressing = "host"
)

// ChecksumMode says when requests carry the checksums that AWS introduced in
// 2025 (x-amz-checksum-*, aws-chunked bodies).
type ChecksumMode string

const (
	// ChecksumAuto sends them to AWS and, elsewhere, where the operation
	// demands them. It is the default.
	ChecksumAuto ChecksumMode = "auto"
	// ChecksumWhenRequired sends them where the operation demands them.
	// Alibaba OSS, Tencent COS, Huawei OBS and older MinIO refuse more.
	ChecksumWhenRequired ChecksumMode = "when_required"
	// ChecksumWhenSupported always sends them. Buckets with Object Lock want it.
	ChecksumWhenSupported ChecksumMode = "when_supported"
)

// Limits of presigned links (AWS Signature Version 4).
const (
	DefaultLinkLife = 24 * time.Hour
	MaxLinkLife     = 7 * 24 * time.Hour
)

// DefaultRegion is what an [S3Config] with an endpoint of its own and no region
// means; such services mostly ignore it.
const DefaultRegion = "us-east-1"

// S3Config says where an [S3] keeps its objects.
type S3Config struct {
	// Bucket is required.
	Bucket string
	// Endpoint is the service's address, such as http://127.0.0.1:9000. Empty
	// means AWS in Region.
	Endpoint string
	// Region is needed for AWS, where empty means that of the AWS environment.
	// With an Endpoint empty means [DefaultRegion].
	Region string
	// Prefix comes before each key, with a slash between.
	Prefix string
	// AccessKeyID, SecretAccessKey and SessionToken sign the requests. All
	// empty means the default chain of the AWS SDK: environment, shared files,
	// web identity, container and instance roles.
	AccessKeyID, SecretAccessKey, SessionToken string
	// Addressing, empty means [AddressingAuto].
	Addressing Addressing
	// Checksums, empty means [ChecksumAuto].
	Checksums ChecksumMode
	// SSE asks for server-side encryption: "AES256" or "aws:kms". Empty means
	// what the bucket does by default.
	SSE string
	// SSEKMSKeyID names the key for "aws:kms". Empty means the account's default.
	SSEKMSKeyID string
	// Links, empty means [LinkS3].
	Links LinkStyle
	// LinkLife is how long a presigned link is good for, at most
	// [MaxLinkLife]. Zero means [DefaultLinkLife].
	LinkLife time.Duration
	// HTTPClient sends the requests. Nil means a client of the AWS SDK.
	HTTPClient *http.Client
}

// S3 is a Store in a bucket. It reads and writes objects and nothing else: it
// needs the permissions s3:PutObject and s3:GetObject.
type S3 struct {
	cfg     S3Config
	client  *s3.Client
	presign *s3.PresignClient
	base    *url.URL // of the bucket's objects

	unsignable atomic.Int64 // until when, in nanoseconds since 1970
}

var _ Linker = (*S3)(nil)

// NewS3 returns an S3. It checks cfg and does not contact the service.
func NewS3(ctx context.Context, cfg S3Config) (*S3, error) {
	endpoint, err := cfg.check()
	if err != nil {
		return nil, err
	}
	awsCfg, err := cfg.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("oss: %w", err)
	}
	if awsCfg.Region == "" {
		return nil, errors.New("oss: S3Config.Region is empty and the AWS environment names none")
	}
	cfg.Region = awsCfg.Region
	usePath := cfg.usePath(endpoint)
	client := s3.NewFromConfig(awsCfg, func(o *s3.Options) {
		o.UsePathStyle = usePath
		if endpoint != nil {
			o.BaseEndpoint = aws.String(endpoint.String())
		}
		if cfg.HTTPClient != nil {
			o.HTTPClient = cfg.HTTPClient
		}
		if cfg.checksumsRequiredOnly(endpoint) {
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		} else {
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
		}
	})
	return &S3{
		cfg:     cfg,
		client:  client,
		presign: s3.NewPresignClient(client, s3.WithPresignExpires(cmp.Or(cfg.LinkLife, DefaultLinkLife))),
		base:    cfg.base(endpoint, usePath),
	}, nil
}

// check reports all that is wrong with c, by field.
func (c *S3Config) check() (endpoint *url.URL, err error) {
	var errs []error
	bad := func(field string, value any, want string) {
		errs = append(errs, fmt.Errorf("oss: S3Config.%s %q: want %s", field, value, want))
	}
	if c.Bucket == "" || strings.ContainsAny(c.Bucket, "/ ") {
		bad("Bucket", c.Bucket, "the name of a bucket")
	}
	if c.Endpoint != "" {
		endpoint, err = url.Parse(c.Endpoint)
		if err != nil || (endpoint.Scheme != "http" && endpoint.Scheme != "https") || endpoint.Host == "" || endpoint.User != nil {
			bad("Endpoint", c.Endpoint, "http://host:port or https://host")
		}
	}
	if c.Prefix != "" && checkKey("put", c.Prefix) != nil {
		bad("Prefix", c.Prefix, "a relative path without leading or trailing slash")
	}
	if (c.AccessKeyID == "") != (c.SecretAccessKey == "") {
		bad("AccessKeyID", c.AccessKeyID, "it and SecretAccessKey both set or both empty")
	}
	switch c.Addressing {
	case "", AddressingAuto, AddressingPath, AddressingHost:
	default:
		bad("Addressing", c.Addressing, "auto, path or host")
	}
	switch c.Checksums {
	case "", ChecksumAuto, ChecksumWhenRequired, ChecksumWhenSupported:
	default:
		bad("Checksums", c.Checksums, "auto, when_required or when_supported")
	}
	switch c.SSE {
	case "", string(types.ServerSideEncryptionAes256), string(types.ServerSideEncryptionAwsKms):
	default:
		bad("SSE", c.SSE, "AES256 or aws:kms")
	}
	switch c.Links {
	case "", LinkS3, LinkPlain, LinkPresigned:
	default:
		bad("Links", c.Links, "s3, plain or presigned")
	}
	if c.LinkLife < 0 || c.LinkLife > MaxLinkLife {
		bad("LinkLife", c.LinkLife.String(), "at most "+MaxLinkLife.String())
	}
	return endpoint, errors.Join(errs...)
}

func (c *S3Config) load(ctx context.Context) (aws.Config, error) {
	if c.AccessKeyID != "" && (c.Region != "" || c.Endpoint != "") {
		return aws.Config{
			Region:      cmp.Or(c.Region, DefaultRegion),
			Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
		}, nil
	}
	var opts []func(*config.LoadOptions) error
	if c.Region != "" {
		opts = append(opts, config.WithRegion(c.Region))
	}
	if c.AccessKeyID != "" {
		opts = append(opts, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if cfg.Region == "" && c.Endpoint != "" {
		cfg.Region = DefaultRegion
	}
	return cfg, err
}

// hostOnly are the services that refuse the bucket in the path.
var hostOnly = []string{".amazonaws.com", ".amazonaws.com.cn", ".aliyuncs.com", ".myqcloud.com", ".myhuaweicloud.com", ".volces.com"}

func (c *S3Config) usePath(endpoint *url.URL) bool {
	switch {
	case c.Addressing == AddressingPath:
		return true
	case c.Addressing == AddressingHost || endpoint == nil:
		return false
	}
	host := endpoint.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	for _, suffix := range hostOnly {
		if strings.HasSuffix(host, suffix) {
			return false
		}
	}
	return true
}

func (c *S3Config) checksumsRequiredOnly(endpoint *url.URL) bool {
	switch c.Checksums {
	case ChecksumWhenRequired:
		return true
	case ChecksumWhenSupported:
		return false
	}
	if endpoint == nil {
		return false
	}
	host := endpoint.Hostname()
	return !strings.HasSuffix(host, ".amazonaws.com") && !strings.HasSuffix(host, ".amazonaws.com.cn")
}

func (c *S3Config) base(endpoint *url.URL, usePath bool) *url.URL {
	if endpoint == nil {
		endpoint = &url.URL{Scheme: "https", Host: "s3." + c.Region + ".amazonaws.com"}
	}
	base := *endpoint
	if usePath {
		return base.JoinPath(c.Bucket)
	}
	base.Host = c.Bucket + "." + base.Host
	return &base
}

// String returns the place of the objects, without credentials.
func (s *S3) String() string {
	return "s3://" + path.Join(s.cfg.Bucket, s.cfg.Prefix) + " at " + s.base.Host
}

func (s *S3) key(key string) string { return path.Join(s.cfg.Prefix, key) }

// Put stores body as text/plain.
func (s *S3) Put(ctx context.Context, key string, body []byte) (string, error) {
	if err := checkKey("put", key); err != nil {
		return "", err
	}
	in := &s3.PutObjectInput{
		Bucket:               aws.String(s.cfg.Bucket),
		Key:                  aws.String(s.key(key)),
		Body:                 bytes.NewReader(body),
		ContentType:          aws.String("text/plain; charset=utf-8"),
		ServerSideEncryption: types.ServerSideEncryption(s.cfg.SSE),
	}
	if s.cfg.SSEKMSKeyID != "" {
		in.SSEKMSKeyId = aws.String(s.cfg.SSEKMSKeyID)
	}
	if _, err := s.client.PutObject(ctx, in); err != nil {
		return "", &Error{"put", key, err}
	}
	return s.Link(key), nil
}

// Get reads an object.
func (s *S3) Get(ctx context.Context, key string) ([]byte, error) {
	if err := checkKey("get", key); err != nil {
		return nil, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(s.cfg.Bucket), Key: aws.String(s.key(key))})
	if err != nil {
		if _, ok := errors.AsType[*types.NoSuchKey](err); ok {
			err = fmt.Errorf("%w (%w)", fs.ErrNotExist, err)
		}
		return nil, &Error{"get", key, err}
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, &Error{"get", key, err}
	}
	return body, nil
}

// Credentials may have to be fetched from the network. Link waits for them for
// signWait, and when that was not enough not again before signPause is over.
const (
	signWait  = 50 * time.Millisecond
	signPause = 10 * time.Second
)

// Link returns the link of key in the style of the configuration. Where a
// presigned one cannot be had at once, because credentials are being fetched or
// cannot be, it is the link of [LinkS3].
func (s *S3) Link(key string) string {
	switch s.cfg.Links {
	case LinkPlain:
		return s.base.JoinPath(s.key(key)).String()
	case LinkPresigned:
		if link, ok := s.sign(key); ok {
			return link
		}
	}
	return "s3://" + path.Join(s.cfg.Bucket, s.key(key))
}

func (s *S3) sign(key string) (link string, ok bool) {
	if time.Now().UnixNano() < s.unsignable.Load() {
		return "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), signWait)
	defer cancel()
	req, err := s.presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(s.cfg.Bucket), Key: aws.String(s.key(key))})
	if err != nil {
		s.unsignable.Store(time.Now().Add(signPause).UnixNano())
		return "", false
	}
	return req.URL, true
}
