// SPDX-License-Identifier: Apache-2.0

// Package s3test runs a real S3 server for tests: versitygw over a folder, in a
// process of its own. The server is a Go tool of tools/go.mod; the first test
// that needs it builds it into the user's cache folder.
package s3test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The server's account and the bucket that every [Server] starts with.
const (
	AccessKeyID     = "sidetrace"
	SecretAccessKey = "sidetrace-secret"
	Region          = "us-east-1"
	Bucket          = "traces"
)

// The server keeps the objects' metadata in files beside the data, since not
// every file system has extended attributes.
const (
	dataDir = "data"
	metaDir = "meta"
)

// Server is an S3 server that can be stopped and started again with its data.
type Server struct {
	// Endpoint is its address, such as http://127.0.0.1:7070. It stays the same
	// over Stop and Start.
	Endpoint string
	// Client talks to it.
	Client *s3.Client

	t      testing.TB
	addr   string
	dir    string
	cmd    *exec.Cmd
	output bytes.Buffer
}

// New starts a server that ends with the test, and makes [Bucket].
func New(t testing.TB) *Server {
	t.Helper()
	s := Prepare(t)
	s.Start()
	return s
}

// Prepare is New without the start: the server has an address that nobody
// listens on yet.
func Prepare(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, addr: freeAddr(t), dir: t.TempDir()}
	for _, sub := range []string{dataDir, metaDir} {
		if err := os.Mkdir(filepath.Join(s.dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.Endpoint = "http://" + s.addr
	s.Client = s3.New(s3.Options{
		BaseEndpoint: aws.String(s.Endpoint),
		Region:       Region,
		Credentials:  credentials.NewStaticCredentialsProvider(AccessKeyID, SecretAccessKey, ""),
		UsePathStyle: true,
	})
	t.Cleanup(s.Stop)
	return s
}

// freeAddr returns an address on loopback that was free a moment ago.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Start runs the server and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	s.cmd = exec.Command(binary(s.t), "--access", AccessKeyID, "--secret", SecretAccessKey,
		"--region", Region, "--port", s.addr, "--quiet",
		"posix", "--sidecar", filepath.Join(s.dir, metaDir), filepath.Join(s.dir, dataDir))
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("s3test: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		_, err := s.Client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(Bucket)})
		if err == nil || strings.Contains(err.Error(), "BucketAlready") {
			return
		}
		if ctx.Err() != nil {
			s.Stop()
			s.t.Fatalf("s3test: the server did not answer: %v\n%s", err, s.output.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop ends the server. Its data stay for the next Start.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Objects returns the keys in the bucket.
func (s *Server) Objects() []string {
	s.t.Helper()
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s.Client, &s3.ListObjectsV2Input{Bucket: aws.String(Bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			s.t.Fatalf("s3test: list: %v", err)
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
	}
	return keys
}

// binary returns the path of the server's program, built if need be.
func binary(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	tools := filepath.Join(moduleRoot(t), "tools")
	version := run(t, "go", "list", "-C", tools, "-m", "-f", "{{.Version}}", "github.com/versity/versitygw")
	path := filepath.Join(cache, "sidetrace", "versitygw-"+version+exeSuffix())
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	building := fmt.Sprintf("%s.%d", path, os.Getpid())
	run(t, "go", "build", "-C", tools, "-o", building, "github.com/versity/versitygw/cmd/versitygw")
	if err := os.Rename(building, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// moduleRoot returns the folder two above this file's.
func moduleRoot(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("s3test: this file's place is not known")
	}
	return filepath.Join(filepath.Dir(file), "..", "..")
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GOWORK=off") // the tools are no part of the workspace
	out, err := cmd.Output()
	if err != nil {
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w\n%s", err, e.Stderr)
		}
		t.Fatalf("s3test: %s %s: %v", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}
