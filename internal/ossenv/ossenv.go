// SPDX-License-Identifier: Apache-2.0

// Package ossenv reads from the environment which object storage has large
// values, for the SDK, which puts them there, and for the desk, which shows them.
package ossenv

import (
	"net/url"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/internal/env"
	"github.com/sidetrace/sidetrace/oss"
)

// S3 is the bucket that the environment names, without one if it names none. What
// [oss.NewS3] would not take is reported by the names of the variables.
func S3(r *env.Reader) oss.S3Config {
	c := oss.S3Config{
		Bucket:          r.Text(env.OSSBucket, ""),
		Endpoint:        r.Text(env.OSSEndpoint, ""),
		Region:          r.Text(env.OSSRegion, ""),
		AccessKeyID:     r.Text(env.OSSAccessKey, ""),
		SecretAccessKey: r.Text(env.OSSSecretKey, ""),
		Prefix:          strings.Trim(r.Text(env.OSSPrefix, ""), "/"),
		Addressing:      oss.Addressing(r.Choice(env.OSSAddressing, "auto", "auto", "path", "host")),
		Checksums:       oss.ChecksumMode(r.Choice(env.OSSChecksums, "auto", "auto", "when_required", "when_supported")),
		SSEKMSKeyID:     r.Text(env.OSSKMSKey, ""),
		LinkLife:        r.Duration(env.OSSLinkLife, time.Second, 0),
	}
	links := oss.LinkS3
	if r.Set(env.OSSLinkLife) {
		links = oss.LinkPresigned // what OSS_TTL has always meant
	}
	c.Links = oss.LinkStyle(r.Choice(env.OSSLinks, string(links), "s3", "plain", "presigned"))
	if _, sse := r.Get(env.OSSEncryption); sse != "" {
		c.SSE = sse
	}
	check(r, &c)
	return c
}

func check(r *env.Reader, c *oss.S3Config) {
	if c.SSE != "" && c.SSE != "AES256" && c.SSE != "aws:kms" {
		r.Reject(env.OSSEncryption, "AES256 or aws:kms", nil)
	}
	if c.LinkLife > oss.MaxLinkLife {
		r.Reject(env.OSSLinkLife, "at most 604800 seconds (seven days)", nil)
	}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
			r.Reject(env.OSSEndpoint, "http://host:port or https://host", nil)
		}
	}
}

// CheckNeeded reports what is missing of a bucket that is needed.
func CheckNeeded(r *env.Reader, c *oss.S3Config) {
	if c.Bucket == "" {
		r.Reject(env.OSSBucket, "the name of a bucket, since object storage is to be S3", nil)
	}
	if (c.AccessKeyID == "") != (c.SecretAccessKey == "") {
		r.Reject(env.OSSAccessKey, "it and "+strings.Join(env.OSSSecretKey.Names, " or ")+" both set or both empty", nil)
	}
}
