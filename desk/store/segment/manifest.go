// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/store/wal"
)

// The files of a segment.
const (
	spansFile     = "spans.parquet"
	eventsFile    = "events.parquet"
	linksFile     = "links.parquet"
	logsFile      = "logs.parquet"
	resourcesFile = "resources.parquet"
	scopesFile    = "scopes.parquet"
	tracesFile    = "traces.idx"
	tokensFile    = "tokens.bloom"
	statsFile     = "stats.bin"

	// ManifestFile is what makes a folder a segment.
	ManifestFile = "manifest.json"
)

// manifestVersion is that of all files of a segment together.
const manifestVersion = 1

// A Manifest says what a segment holds. It is the last file that is written: a
// folder without it is none.
type Manifest struct {
	Version int    `json:"version"`
	Seq     uint64 `json:"seq"`   // of its making; no two have the same
	Order   uint64 `json:"order"` // segments with a higher one know what is in those with a lower one
	Made    int64  `json:"made"`  // when its newest part came, in ns of Unix time
	// Replaces are segments that were merged into this one. Any that is still there
	// is to go.
	Replaces []uint64 `json:"replaces,omitempty"`
	// Covered is the last request of the log that needs no replay, but for what Held
	// says.
	Covered wal.Position `json:"covered"`
	Held    []Held       `json:"held,omitempty"`

	Start    int64 `json:"start"` // the first and the last start of a span, in ns; 0 without spans
	End      int64 `json:"end"`
	FirstLog int64 `json:"firstLog"` // the first and the last time of a log record
	LastLog  int64 `json:"lastLog"`
	Spans    int   `json:"spans"`
	Traces   int   `json:"traces"` // that have spans
	Logs     int   `json:"logs"`
	Bytes    int64 `json:"bytes"` // of all files but this
	// Raw is how many bytes the records had in requests, with their resources and
	// scopes: what it takes in memory to write them again.
	Raw int64 `json:"raw"`
	// FirstCall and LastCall are the first and the last minute of calls between
	// services, in ns; 0 without calls. They may be those of older segments.
	FirstCall int64 `json:"firstCall"`
	LastCall  int64 `json:"lastCall"`

	Tables map[string]table.Tail `json:"tables"`
	Sides  map[string]int64      `json:"sides"` // sizes
}

// Held is what a request has that is not in this segment or an older one.
type Held struct {
	Position wal.Position `json:"p"`
	// Ranges are pairs: how many records are behind the range before, and how many
	// are held.
	Ranges []int `json:"r"`
}

// Counted are the first and the last time of what the segment's statistics have: of
// its spans, and of calls of which it has the later side, which need not be the
// called one.
func (m *Manifest) Counted() (first, last int64) {
	if m.FirstCall == 0 && m.LastCall == 0 {
		return m.Start, m.End
	}
	return min(m.Start, m.FirstCall), max(m.End, m.LastCall)
}

// encode is the manifest in JSON, and its CRC-32C on a line of its own.
func (m *Manifest) encode() ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(b, "\n%08x\n", crc32.Checksum(b, castagnoli)), nil
}

func decodeManifest(b []byte) (*Manifest, error) {
	text, sum, _ := bytes.Cut(b, []byte("\n"))
	want, err := strconv.ParseUint(string(bytes.TrimSuffix(sum, []byte("\n"))), 16, 32)
	if err != nil || uint32(want) != crc32.Checksum(text, castagnoli) {
		return nil, fmt.Errorf("%w: the sum of the manifest is wrong", ErrDamaged)
	}
	m := &Manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrDamaged, err)
	}
	if m.Version != manifestVersion {
		return nil, fmt.Errorf("%w: version %d, this program knows %d", ErrDamaged, m.Version, manifestVersion)
	}
	return m, nil
}

// ReadManifest reads the manifest of the segment in a folder.
func ReadManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	m, err := decodeManifest(b)
	if err != nil {
		return nil, fmt.Errorf("segment: %s: %w", dir, err)
	}
	return m, nil
}

// writeManifest makes a folder a segment.
func writeManifest(dir string, m *Manifest) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, ManifestFile)
	if err := writeFile(path+".tmp", b); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	return syncDir(dir)
}

// writeFile writes a file that survives a power cut.
func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes what was made or removed in a folder survive a power cut. Some
// file systems cannot sync folders, and Windows flushes only what was opened to be
// written to (FlushFileBuffers), which no folder is.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// folderName is that of a segment.
func folderName(start int64, seq uint64) string {
	return fmt.Sprintf("%s-%08x", time.Unix(0, start).UTC().Format("20060102T150405"), seq)
}
