// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/spool"
)

var ages = regexp.MustCompile(`made \S+ to \S+ ago`)

func TestList(t *testing.T) {
	dir := t.TempDir()
	alive := begin(t, dir, "http://127.0.0.1:4318/v1/traces").write(5, 0, 0) // first, lest it takes over what the other one leaves
	dead := left(t, dir, away, 300, 20, 100)
	before := contents(t, dead.folder())
	stdout, _, err := call(t, "list", dir)
	require.NoError(t, err)
	assert.Contains(t, stdout, dead.folder()+": dead\n")
	assert.Contains(t, stdout, "  300 spans, 20 log records\n  cursor "+spool.CursorName(spool.Span, away)+": 200 spans wait\n")
	assert.Contains(t, stdout, alive.folder()+": alive\n")
	assert.Contains(t, stdout, "  5 spans\n  no cursor: nothing is delivered\n")
	assert.Regexp(t, ages, stdout)

	stdout, _, err = call(t, "list", "-endpoint", away+", http://127.0.0.1:4318", "-protocol", "http/protobuf", dir)
	require.NoError(t, err)
	assert.Contains(t, stdout, "  no cursor: 300 spans wait for "+away+"/v1/traces\n", "HTTP has a path")
	assert.Contains(t, stdout, "  no cursor: 5 spans wait for http://127.0.0.1:4318/v1/traces\n")
	stdout, _, err = call(t, "list", "-endpoint", away, "-protocol", "grpc", dir)
	require.NoError(t, err)
	assert.Contains(t, stdout, "  cursor "+spool.CursorName(spool.Span, away)+": 200 spans wait for "+away+"\n  no cursor: 20 log records wait for "+away+"\n")
	assert.Equal(t, before, contents(t, dead.folder()), "nothing is changed")
}

func TestCheckFindsNothing(t *testing.T) {
	dir := t.TempDir()
	begin(t, dir, away).write(7, 0, 0)
	dead := left(t, dir, away, 300, 20, 0)
	before := contents(t, dead.folder())
	stdout, _, err := call(t, "check", dir)
	require.NoError(t, err)
	assert.Contains(t, stdout, ": 7 spans read\n")
	assert.True(t, strings.HasSuffix(stdout, "\nnothing is damaged or missing\n"), stdout)
	assert.Equal(t, before, contents(t, dead.folder()))
}

func TestCheckFindsDamage(t *testing.T) {
	dir := t.TempDir()
	p := left(t, dir, away, 10, 0, 0)
	path := filepath.Join(p.folder(), "00000001.seg")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	at := strings.Index(string(b), "span 4")
	b[at] ^= 1
	require.NoError(t, os.WriteFile(path, b, 0o600))
	record := (at - 24) &^ 7 // its header has 24 bytes, and the name two before it
	stdout, _, err := call(t, "check", dir)
	require.Error(t, err)
	assert.Equal(t, 1, exitCode(err))
	assert.Contains(t, stdout, path+": 9 spans read\n")
	assert.Contains(t, stdout, fmt.Sprintf("%s: damaged at %d, 32 bytes: a record whose checksum does not match\n", path, record))
	assert.Contains(t, stdout, path+": missing: 1 span\n")

	stdout, _, err = call(t, "list", dir)
	require.NoError(t, err)
	assert.Contains(t, stdout, "not all can be read")
	stdout, _, err = call(t, "print", dir)
	require.ErrorContains(t, err, "not all can be read")
	assert.Equal(t, 9, strings.Count(stdout, "\n"))
}

func TestCheckNamesBadFiles(t *testing.T) {
	p := left(t, t.TempDir(), away, 10, 0, 1)
	cursor := filepath.Join(p.folder(), spool.CursorName(spool.Span, away)+".cursor")
	require.NoError(t, os.WriteFile(cursor, []byte("no cursor"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(p.folder(), "00000009.seg"), []byte(strings.Repeat("x", 100)), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(p.folder(), "00000008.seg.damaged"), nil, 0o600))
	stdout, _, err := call(t, "check", p.folder())
	require.Error(t, err)
	assert.Contains(t, stdout, cursor+": the cursor is damaged")
	assert.Contains(t, stdout, "00000009.seg: ")
	assert.Contains(t, stdout, "00000008.seg.damaged: put aside")
}

// names returns those of the records printed.
func names(t *testing.T, lines string) (all []string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var v struct {
			ResourceSpans []struct {
				ScopeSpans []struct{ Spans []struct{ Name string } }
			}
			ResourceLogs []struct {
				ScopeLogs []struct {
					LogRecords []struct{ SeverityText string }
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		assert.Contains(t, line, `"service.name","value":{"stringValue":"travel"}`)
		if len(v.ResourceSpans) > 0 {
			all = append(all, v.ResourceSpans[0].ScopeSpans[0].Spans[0].Name)
		} else {
			all = append(all, v.ResourceLogs[0].ScopeLogs[0].LogRecords[0].SeverityText)
		}
	}
	return all
}

func upTo(what string, from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint(what, " ", i))
	}
	return all
}

func TestPrint(t *testing.T) {
	dir := t.TempDir()
	left(t, dir, away, 400, 30, 250)
	before := contents(t, dir)
	printed := func(args ...string) []string {
		stdout, _, err := call(t, append(append([]string{"print"}, args...), dir)...)
		require.NoError(t, err)
		return names(t, stdout)
	}
	all := printed()
	require.Len(t, all, 430)
	assert.Equal(t, []string{"span 0", "log 0", "span 1", "log 1"}, all[:4])
	assert.Equal(t, upTo("span", 0, 400), printed("-kind", "spans"))
	assert.Equal(t, upTo("log", 0, 30), printed("-kind", "logs"))
	cursor := spool.CursorName(spool.Span, away)
	assert.Equal(t, upTo("span", 250, 400), printed("-after-cursor", cursor), "the kind is that of the cursor")
	assert.Equal(t, upTo("span", 250, 400), printed("-after-cursor", cursor+".cursor", "-kind", "spans"))
	assert.Equal(t, before, contents(t, dir))

	_, _, err := call(t, "print", "-after-cursor", "abc", dir)
	require.ErrorContains(t, err, "there is no cursor abc")

	begin(t, dir, away).write(2, 0, 400) // it has taken over what is there
	assert.Equal(t, upTo("span", 0, 402), printed("-kind", "spans"))
}
