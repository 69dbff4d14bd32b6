// SPDX-License-Identifier: Apache-2.0

// Package osstest helps to test object stores and the code that uses them:
// [TestStore] is the suite that every [oss.Store] passes, [Hook] puts faults in
// front of one.
package osstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/sidetrace/sidetrace/oss"
)

// TestStore checks that the stores that open returns behave as the interface
// says. It calls open once for each part, which may return the same store again:
// the suite does not mind what else is in it.
func TestStore(t *testing.T, open func(t *testing.T) oss.Store) {
	t.Helper()
	for _, part := range []struct {
		name string
		test func(*testing.T, oss.Store)
	}{
		{"round trip", testRoundTrip},
		{"overwrite", testOverwrite},
		{"missing", testMissing},
		{"bad keys", testBadKeys},
		{"ownership", testOwnership},
		{"cancelled", testCancelled},
		{"concurrent", testConcurrent},
		{"link", testLink},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open(t)) })
	}
}

func put(t *testing.T, s oss.Store, key string, body []byte) string {
	t.Helper()
	link, err := s.Put(t.Context(), key, body)
	if err != nil {
		t.Fatalf("Put(%q): %v", key, err)
	}
	if link == "" {
		t.Errorf("Put(%q) returned no link", key)
	}
	return link
}

func wantBody(t *testing.T, s oss.Store, key string, want []byte) {
	t.Helper()
	got, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("Get(%q) gave %d bytes, want the %d that were put", key, len(got), len(want))
	}
}

func testRoundTrip(t *testing.T, s oss.Store) {
	binary := make([]byte, 256)
	for i := range binary {
		binary[i] = byte(i)
	}
	for key, body := range map[string][]byte{
		"suite/empty":                     {},
		"suite/text.txt":                  []byte("a prompt, 提示, \U0001f50e"),
		"suite/binary":                    binary,
		"suite/large":                     bytes.Repeat(binary, 5<<20/len(binary)),
		"suite/deep/a/b/c/d/e":            []byte("deep"),
		"suite/odd name+100% & 键=值?#.txt": []byte("odd"),
		"top":                             []byte("no folder"),
	} {
		put(t, s, key, body)
		wantBody(t, s, key, body)
	}
}

func testOverwrite(t *testing.T, s oss.Store) {
	put(t, s, "suite/over", []byte("first and longer"))
	put(t, s, "suite/over", []byte("second"))
	wantBody(t, s, "suite/over", []byte("second"))
}

func testMissing(t *testing.T, s oss.Store) {
	_, err := s.Get(t.Context(), "suite/never put")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Get of a key that was never put: error %v, want one that is fs.ErrNotExist", err)
	}
	wantKey(t, err, "suite/never put")
}

func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	if e, ok := errors.AsType[*oss.Error](err); !ok || e.Key != key {
		t.Errorf("error %v, want an *oss.Error with key %q", err, key)
	}
}

func testBadKeys(t *testing.T, s oss.Store) {
	for _, key := range []string{"", ".", "..", "/abs", "a/../b", "../up", "a//b", "a/", "a\xffb", string(make([]byte, 1025))} {
		_, err := s.Put(t.Context(), key, []byte("x"))
		wantKey(t, err, key)
		_, err = s.Get(t.Context(), key)
		wantKey(t, err, key)
	}
}

func testOwnership(t *testing.T, s oss.Store) {
	body := []byte("mine again")
	put(t, s, "suite/own", body)
	clear(body)
	wantBody(t, s, "suite/own", []byte("mine again"))
	got, err := s.Get(t.Context(), "suite/own")
	if err != nil {
		t.Fatal(err)
	}
	clear(got)
	wantBody(t, s, "suite/own", []byte("mine again"))
}

func testCancelled(t *testing.T, s oss.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, "suite/cancelled", []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put under a cancelled context: error %v", err)
	}
	if _, err := s.Get(ctx, "suite/cancelled"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get under a cancelled context: error %v", err)
	}
}

// testConcurrent lets several goroutines write the same keys: whoever reads
// sees one body whole.
func testConcurrent(t *testing.T, s oss.Store) {
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			body := bytes.Repeat([]byte{byte('a' + g)}, 10_000)
			for i := range 5 {
				key := fmt.Sprintf("suite/shared-%d", i)
				if _, err := s.Put(t.Context(), key, body); err != nil {
					t.Errorf("Put(%q): %v", key, err)
					return
				}
				got, err := s.Get(t.Context(), key)
				if err != nil || len(got) != len(body) || bytes.Count(got, got[:1]) != len(got) {
					t.Errorf("Get(%q) gave a torn body of %d bytes (error %v)", key, len(got), err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func testLink(t *testing.T, s oss.Store) {
	l, ok := s.(oss.Linker)
	if !ok {
		return
	}
	if l.Link("suite/a") == l.Link("suite/b") {
		t.Errorf("two keys have the same link %q", l.Link("suite/a"))
	}
	if l.Link("suite/not there yet") == "" {
		t.Error("a key that was not put has no link")
	}
}

// Hook returns s with f called before each operation ("put" or "get"). When f
// returns an error the operation fails with it; f may block, and should then
// watch ctx as a Store does.
func Hook(s oss.Linker, f func(ctx context.Context, op, key string) error) oss.Linker {
	return &hooked{s, f}
}

type hooked struct {
	oss.Linker
	f func(ctx context.Context, op, key string) error
}

func (h *hooked) Put(ctx context.Context, key string, body []byte) (string, error) {
	if err := h.f(ctx, "put", key); err != nil {
		return "", &oss.Error{Op: "put", Key: key, Err: err}
	}
	return h.Linker.Put(ctx, key, body)
}

func (h *hooked) Get(ctx context.Context, key string) ([]byte, error) {
	if err := h.f(ctx, "get", key); err != nil {
		return nil, &oss.Error{Op: "get", Key: key, Err: err}
	}
	return h.Linker.Get(ctx, key)
}
