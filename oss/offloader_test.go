// SPDX-License-Identifier: Apache-2.0

package oss_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"

	"github.com/sidetrace/sidetrace/internal/s3test"
	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/oss/osstest"
)

func newOffloader(t *testing.T, store oss.Linker, cfg oss.OffloaderConfig) *oss.Offloader {
	t.Helper()
	o, err := oss.NewOffloader(store, cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = o.Close(ctx) // what is still pending is the test's own doing
	})
	return o
}

func offload(t *testing.T, o *oss.Offloader, text string) (link string) {
	t.Helper()
	link, ok := o.Offload(text)
	require.True(t, ok, "a value of %d bytes was refused", len(text))
	return link
}

// wantStored checks that a link leads to text: by the key at its end.
func wantStored(t *testing.T, s oss.Store, link, text string) {
	t.Helper()
	body, err := s.Get(t.Context(), link[strings.LastIndexByte(link, '/')-2:])
	require.NoError(t, err, link)
	assert.Equal(t, text, string(body))
}

func testValue(i int) string {
	return fmt.Sprintf("value %d ", i) + strings.Repeat("x", 6000)
}

func TestOffloaderStoresEqualValuesOnce(t *testing.T) {
	server := s3test.New(t)
	var puts atomic.Int64
	store := osstest.Hook(newS3(t, s3Config(server.Endpoint)), func(_ context.Context, op, _ string) error {
		if op == "put" {
			puts.Add(1)
		}
		return nil
	})
	o := newOffloader(t, store, oss.OffloaderConfig{Dir: t.TempDir()})
	prompt := strings.Repeat("the same prompt ", 20<<10/16)
	var wg sync.WaitGroup
	links := make([]string, 1000)
	for g := range 8 {
		wg.Go(func() {
			for i := g; i < len(links); i += 8 {
				links[i], _ = o.Offload(prompt)
			}
		})
	}
	wg.Wait()
	require.NoError(t, o.Flush(t.Context()))
	for _, link := range links {
		require.Equal(t, links[0], link)
	}
	wantStored(t, store, links[0], prompt)
	assert.Equal(t, []string{oss.Key(prompt)}, server.Objects())
	assert.EqualValues(t, 1, puts.Load())
	stats := o.Stats()
	assert.EqualValues(t, 1, stats.Uploaded)
	assert.EqualValues(t, 999, stats.Reused)
}

// A store that is away loses nothing and keeps nobody waiting, and neither does
// the death of the process meanwhile.
func TestOffloaderSurvivesKill(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		offloadAndHang()
	}
	server := s3test.Prepare(t)
	hang, err := net.Listen("tcp", strings.TrimPrefix(server.Endpoint, "http://"))
	require.NoError(t, err, "a server that accepts and never answers")
	defer hang.Close()
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestOffloaderSurvivesKill$")
	child.Env = append(os.Environ(), childEnv+"="+server.Endpoint, "OFFLOAD_DIR="+dir)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	child.Stderr = os.Stderr
	require.NoError(t, child.Start())
	links := map[int]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var i int
		var link string
		_, err := fmt.Sscanf(lines.Text(), "%d %s", &i, &link)
		require.NoError(t, err, lines.Text())
		links[i] = link
		if len(links) == childValues {
			require.NoError(t, child.Process.Kill())
		}
	}
	require.Error(t, child.Wait(), "it was killed")
	require.Len(t, links, childValues)
	hang.Close()

	server.Start()
	store := newS3(t, s3Config(server.Endpoint))
	o := newOffloader(t, store, oss.OffloaderConfig{Dir: dir})
	require.NoError(t, o.Flush(t.Context()))
	for i, link := range links {
		wantStored(t, store, link, testValue(i))
	}
	require.NoError(t, o.Close(t.Context()))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left, "what is uploaded leaves the folder")
}

const (
	childEnv    = "OFFLOAD_CHILD_ENDPOINT"
	childValues = 200
)

// offloadAndHang is the child: it prints the link of each value and waits to be
// killed.
func offloadAndHang() {
	store, err := oss.NewS3(context.Background(), s3Config(os.Getenv(childEnv)))
	if err != nil {
		panic(err)
	}
	o, err := oss.NewOffloader(store, oss.OffloaderConfig{Dir: os.Getenv("OFFLOAD_DIR")})
	if err != nil {
		panic(err)
	}
	for i := range childValues {
		link, ok := o.Offload(testValue(i))
		if !ok {
			panic("refused")
		}
		fmt.Println(i, link)
	}
	select {}
}

// outage is a store that can be switched off.
type outage struct {
	down atomic.Bool
	err  error
}

func (o *outage) hook(context.Context, string, string) error {
	if o.down.Load() {
		return o.err
	}
	return nil
}

func TestOffloaderRecovers(t *testing.T) {
	quietErrors(t)
	synctest.Test(t, func(t *testing.T) {
		off := &outage{err: errors.New("connection refused")}
		off.down.Store(true)
		dir := newDir(t, filepath.Join(t.TempDir(), "store"))
		store := osstest.Hook(dir, off.hook)
		o := newOffloader(t, store, oss.OffloaderConfig{Dir: t.TempDir()})
		links := map[int]string{}
		for i := range 50 {
			links[i] = offload(t, o, testValue(i))
		}
		time.Sleep(time.Hour)
		stats := o.Stats()
		assert.EqualValues(t, 50, stats.Pending)
		assert.EqualValues(t, 50*len(testValue(10)), stats.PendingBytes+10)
		require.ErrorContains(t, stats.LastError, "connection refused")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := o.Flush(ctx)
		pending, ok := errors.AsType[*oss.PendingError](err)
		require.True(t, ok, "%v", err)
		assert.EqualValues(t, 50, pending.Values)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "connection refused")
		require.ErrorContains(t, err, "50 values")

		off.down.Store(false)
		start := time.Now()
		for o.Stats().Pending > 0 {
			time.Sleep(10 * time.Millisecond)
		}
		assert.LessOrEqual(t, time.Since(start), 6*time.Second, "an outage that is over is noticed without being asked")
		for i, link := range links {
			wantStored(t, store, link, testValue(i))
		}
		assert.NoError(t, o.Stats().LastError)
	})
}

// Without a local folder values wait in memory, within its budget.
func TestOffloaderInMemory(t *testing.T) {
	quietErrors(t)
	synctest.Test(t, func(t *testing.T) {
		off := &outage{err: errors.New("down")}
		off.down.Store(true)
		store := osstest.Hook(newDir(t, filepath.Join(t.TempDir(), "store")), off.hook)
		o := newOffloader(t, store, oss.OffloaderConfig{MaxMemoryBytes: int64(2 * len(testValue(1)))})
		first, second := offload(t, o, testValue(1)), offload(t, o, testValue(2))
		_, ok := o.Offload(testValue(3))
		assert.False(t, ok, "beyond the budget the caller keeps its value")
		assert.Equal(t, first, offload(t, o, testValue(1)), "a value that waits has its link")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, o.Flush(ctx), "lost with this process")
		off.down.Store(false)
		require.NoError(t, o.Flush(t.Context()))
		wantStored(t, store, first, testValue(1))
		wantStored(t, store, second, testValue(2))
		third := offload(t, o, testValue(3))
		require.NoError(t, o.Close(t.Context()))
		wantStored(t, store, third, testValue(3))
		_, ok = o.Offload(testValue(4))
		assert.False(t, ok, "nothing is taken after Close")
		assert.EqualValues(t, 2, o.Stats().Refused)
		require.NoError(t, o.Close(t.Context()), "Close may be called again")
	})
}

func TestOffloaderDiskBudget(t *testing.T) {
	quietErrors(t)
	off := &outage{err: errors.New("down")}
	off.down.Store(true)
	store := osstest.Hook(newDir(t, filepath.Join(t.TempDir(), "store")), off.hook)
	size := int64(len(testValue(1)))
	o := newOffloader(t, store, oss.OffloaderConfig{Dir: t.TempDir(), MaxDiskBytes: 2*size + 200, MaxMemoryBytes: size})
	for i := range 3 {
		offload(t, o, testValue(i))
	}
	_, ok := o.Offload(testValue(3))
	assert.False(t, ok, "two fit on disk, one in memory")
}

// A folder that cannot be written to (any more) is replaced by memory.
func TestOffloaderUnwritableDir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open folder cannot be removed on Windows")
	}
	reports := quietErrors(t)
	store := osstest.Hook(newDir(t, filepath.Join(t.TempDir(), "store")), func(context.Context, string, string) error { return nil })
	dir := filepath.Join(t.TempDir(), "pending")
	o := newOffloader(t, store, oss.OffloaderConfig{Dir: dir})
	require.NoError(t, os.RemoveAll(dir))
	link := offload(t, o, testValue(1))
	require.NoError(t, o.Flush(t.Context()))
	wantStored(t, store, link, testValue(1))
	require.Len(t, reports(), 1)
	require.ErrorContains(t, reports()[0], "keep a value")
}

// Flush waits for what is there when it is called, not for what comes after.
func TestOffloaderFlushUnderLoad(t *testing.T) {
	quietErrors(t)
	synctest.Test(t, func(t *testing.T) {
		store := osstest.Hook(newDir(t, filepath.Join(t.TempDir(), "store")), func(ctx context.Context, _, _ string) error {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		o := newOffloader(t, store, oss.OffloaderConfig{Workers: 1})
		for i := range 3 {
			offload(t, o, testValue(i))
		}
		stop := make(chan struct{})
		go func() {
			for i := 3; ; i++ { // faster than the store
				select {
				case <-stop:
					return
				case <-time.After(500 * time.Millisecond):
					o.Offload(testValue(i))
				}
			}
		}()
		start := time.Now()
		require.NoError(t, o.Flush(t.Context()))
		assert.LessOrEqual(t, time.Since(start), 4*time.Second)
		assert.Positive(t, o.Stats().Pending)
		close(stop)
	})
}

// One object that the store never takes does not hold up the others.
func TestOffloaderPoison(t *testing.T) {
	quietErrors(t)
	synctest.Test(t, func(t *testing.T) {
		poison := testValue(0)
		store := osstest.Hook(newDir(t, filepath.Join(t.TempDir(), "store")), func(_ context.Context, op, key string) error {
			if op == "put" && key == oss.Key(poison) {
				return errors.New("EntityTooLarge")
			}
			return nil
		})
		o := newOffloader(t, store, oss.OffloaderConfig{Dir: t.TempDir(), Workers: 1})
		offload(t, o, poison)
		var links []string
		for i := range 100 {
			links = append(links, offload(t, o, testValue(i+1)))
		}
		for o.Stats().Pending > 1 {
			time.Sleep(time.Second)
		}
		for i, link := range links {
			wantStored(t, store, link, testValue(i+1))
		}
	})
}

// A hanging store is given up after PutTimeout.
func TestOffloaderHang(t *testing.T) {
	quietErrors(t)
	synctest.Test(t, func(t *testing.T) {
		var hang atomic.Bool
		hang.Store(true)
		store := osstest.Hook(newDir(t, filepath.Join(t.TempDir(), "store")), func(ctx context.Context, op, _ string) error {
			if op == "put" && hang.Load() {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		o := newOffloader(t, store, oss.OffloaderConfig{Dir: t.TempDir(), PutTimeout: 10 * time.Second})
		start := time.Now()
		var links []string
		for i := range 20 {
			links = append(links, offload(t, o, testValue(i)))
		}
		assert.Zero(t, time.Since(start), "nobody waits for the store")
		synctest.Wait()
		hang.Store(false)
		for o.Stats().Pending > 0 {
			time.Sleep(time.Second)
		}
		for i, link := range links {
			wantStored(t, store, link, testValue(i))
		}

		hang.Store(true)
		offload(t, o, testValue(100))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		require.ErrorContains(t, o.Close(ctx), "1 values")
		assert.Equal(t, time.Second, time.Since(start), "Close keeps to its deadline")
	})
}

func TestOffloaderRemembersForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var puts atomic.Int64
		store := osstest.Hook(newDir(t, filepath.Join(t.TempDir(), "store")), func(context.Context, string, string) error {
			puts.Add(1)
			return nil
		})
		o := newOffloader(t, store, oss.OffloaderConfig{Dir: t.TempDir(), RememberFor: time.Hour})
		for range 3 {
			offload(t, o, testValue(1))
			require.NoError(t, o.Flush(t.Context()))
		}
		assert.EqualValues(t, 1, puts.Load())
		time.Sleep(time.Hour)
		offload(t, o, testValue(1))
		require.NoError(t, o.Flush(t.Context()))
		assert.EqualValues(t, 2, puts.Load(), "the bucket may have dropped it by now")
	})
}

// leave makes what a process leaves that ends while the store is away.
func leave(t *testing.T, dir string, values ...string) {
	t.Helper()
	off := &outage{err: errors.New("down")}
	off.down.Store(true)
	o, err := oss.NewOffloader(osstest.Hook(newDir(t, t.TempDir()), off.hook), oss.OffloaderConfig{Dir: dir})
	require.NoError(t, err)
	for _, v := range values {
		offload(t, o, v)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pending, ok := errors.AsType[*oss.PendingError](o.Close(ctx))
	require.True(t, ok)
	assert.Equal(t, dir, pending.Dir)
	assert.EqualValues(t, len(values), pending.Values)
}

// What another process left is uploaded, unless it is damaged.
func TestOffloaderFolderOfAnother(t *testing.T) {
	reports := quietErrors(t)
	dir := t.TempDir()
	leave(t, dir, "whole", "damaged", "whole too")
	segments, err := filepath.Glob(filepath.Join(dir, "*", "*.values"))
	require.NoError(t, err)
	require.Len(t, segments, 1)
	content, err := os.ReadFile(segments[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(segments[0], []byte(strings.Replace(string(content), "damaged", "demaged", 1)), 0o600))
	foreign := filepath.Join(dir, "notes.md")
	require.NoError(t, os.WriteFile(foreign, nil, 0o600))

	store := newDir(t, filepath.Join(t.TempDir(), "store"))
	o := newOffloader(t, osstest.Hook(store, func(context.Context, string, string) error { return nil }), oss.OffloaderConfig{Dir: dir})
	require.NoError(t, o.Flush(t.Context()))
	for _, text := range []string{"whole", "whole too"} {
		wantStored(t, store, store.Link(oss.Key(text)), text)
	}
	_, err = store.Get(t.Context(), oss.Key("damaged"))
	require.ErrorIs(t, err, os.ErrNotExist, "it is not passed off as what was written")
	assert.EqualValues(t, 1, o.Stats().Lost)
	require.ErrorContains(t, errors.Join(reports()...), "content")
	assert.FileExists(t, foreign)
}

// Processes may share the folder.
func TestOffloadersShareAFolder(t *testing.T) {
	store := newDir(t, filepath.Join(t.TempDir(), "store"))
	hooked := osstest.Hook(store, func(context.Context, string, string) error { return nil })
	dir := t.TempDir()
	a := newOffloader(t, hooked, oss.OffloaderConfig{Dir: dir})
	b := newOffloader(t, hooked, oss.OffloaderConfig{Dir: dir})
	var wg sync.WaitGroup
	for _, o := range []*oss.Offloader{a, b} {
		wg.Go(func() {
			for i := range 100 {
				if _, ok := o.Offload(testValue(i)); !ok {
					t.Error("refused")
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, a.Flush(t.Context()))
	require.NoError(t, b.Flush(t.Context()))
	for i := range 100 {
		wantStored(t, store, store.Link(oss.Key(testValue(i))), testValue(i))
	}
	assert.Zero(t, a.Stats().Lost+b.Stats().Lost)
}

// A Dir needs no folder before it: a value is in place when Offload returns.
func TestOffloaderIntoDir(t *testing.T) {
	store := newDir(t, filepath.Join(t.TempDir(), "store"))
	o := newOffloader(t, store, oss.OffloaderConfig{})
	wantStored(t, store, offload(t, o, testValue(1)), testValue(1))
	require.NoError(t, o.Close(t.Context()))
}

func TestOffloaderReportsOnce(t *testing.T) {
	reports := quietErrors(t)
	synctest.Test(t, func(t *testing.T) {
		off := &outage{err: errors.New("down")}
		off.down.Store(true)
		store := osstest.Hook(newDir(t, filepath.Join(t.TempDir(), "store")), off.hook)
		o := newOffloader(t, store, oss.OffloaderConfig{Dir: t.TempDir()})
		offload(t, o, testValue(1))
		time.Sleep(30 * time.Second)
		require.Len(t, reports(), 1, "the first failure at once")
		time.Sleep(10 * time.Minute)
		n := len(reports())
		assert.True(t, n >= 10 && n <= 12, "then about one a minute, not %d", n)
		require.ErrorContains(t, reports()[n-1], "failures since")
	})
}

func TestNewOffloaderErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	store := newS3(t, s3Config("http://127.0.0.1:1"))
	_, err := oss.NewOffloader(store, oss.OffloaderConfig{Dir: file})
	require.Error(t, err)
}

func TestNilOffloader(t *testing.T) {
	var o *oss.Offloader
	_, ok := o.Offload("x")
	assert.False(t, ok)
	require.NoError(t, o.Flush(t.Context()))
	require.NoError(t, o.Close(t.Context()))
	assert.Zero(t, o.Stats())
}

// quietErrors collects what goes to OpenTelemetry's error handler.
func quietErrors(t *testing.T) func() []error {
	t.Helper()
	var mu sync.Mutex
	var got []error
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, err)
	}))
	return func() []error {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}
