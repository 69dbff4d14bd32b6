// SPDX-License-Identifier: Apache-2.0

package sid

import (
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The example of the original's contract.
func TestGolden(t *testing.T) {
	g, err := newGenerator(Config{Sub: "svc", Location: "hf", IP: netip.MustParseAddr("10.1.2.3"), Port: 8080}, 0x1a2b)
	require.NoError(t, err)
	at := time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)
	id := g.format(at.UnixMilli(), 7)
	assert.Equal(t, "svc002b0007@hf18bcfe568000203802", id)
	info, err := Parse(id)
	require.NoError(t, err)
	assert.Equal(t, Info{Sub: "svc", Location: "hf", PID: 0x2b, Index: 7, Time: at, IPTail: [2]byte{2, 3}, Port: "80"}, info)
}

func TestParts(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"defaults", Config{IP: netip.MustParseAddr("10.0.0.9")}, "src002a0001@src000000003e80009002"},
		{"short port", Config{Sub: "a", Location: "b", IP: netip.MustParseAddr("192.168.17.254"), Port: 7}, "a002a0001@b000000003e811fe072"},
		{"three digits", Config{Sub: "a", Location: "b", IP: netip.MustParseAddr("192.168.17.254"), Port: 443}, "a002a0001@b000000003e811fe442"},
		{"IPv6", Config{Sub: "a", Location: "b", IP: netip.MustParseAddr("2001:db8::12:beef"), Port: 65535}, "a002a0001@b000000003e8beef652"},
		{"IPv4 in IPv6", Config{Sub: "a", Location: "b", IP: netip.MustParseAddr("::ffff:10.1.2.3"), Port: 80}, "a002a0001@b000000003e80203802"},
		{"free text", Config{Sub: "工作流-1", Location: "杭州", IP: netip.MustParseAddr("10.1.2.3"), Port: 80}, "工作流-1002a0001@杭州000000003e80203802"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := newGenerator(tt.cfg, 42)
			require.NoError(t, err)
			id := g.format(1000, 1)
			assert.Equal(t, tt.want, id)
			info, err := Parse(id)
			require.NoError(t, err)
			assert.Equal(t, 42, info.PID)
			assert.Equal(t, time.UnixMilli(1000).UTC(), info.Time)
		})
	}
}

func TestLongTimeKeepsElevenDigits(t *testing.T) {
	g, err := newGenerator(Config{IP: netip.MustParseAddr("10.1.2.3")}, 1)
	require.NoError(t, err)
	assert.Equal(t, "src00010000@src123456789ab0203002", g.format(0xf123456789ab, 0))
}

func TestNewErrors(t *testing.T) {
	for _, tt := range []struct {
		cfg  Config
		want string
	}{
		{Config{Sub: "a@b"}, `Sub "a@b"`},
		{Config{Location: "h\nf"}, "Location"},
		{Config{Location: "\xff"}, "UTF-8"},
		{Config{Port: 65536}, "65535"},
		{Config{Port: -1}, "Port -1"},
	} {
		_, err := New(tt.cfg)
		require.ErrorContains(t, err, tt.want)
	}
	_, err := New(Config{Sub: "@", Port: -1})
	require.ErrorContains(t, err, "Sub")
	require.ErrorContains(t, err, "Port", "all that is wrong is said at once")
}

func TestLocalAddr(t *testing.T) {
	g, err := New(Config{})
	require.NoError(t, err)
	info, err := Parse(g.Next())
	require.NoError(t, err)
	assert.Equal(t, os.Getpid()&0xff, info.PID)
	assert.WithinDuration(t, time.Now(), info.Time, time.Minute)
}

// Ten million ids of eight goroutines and two generators with the same parts.
func TestUnique(t *testing.T) {
	const goroutines, each = 8, 1_250_000
	cfg := Config{IP: netip.MustParseAddr("10.1.2.3"), Port: 8080}
	ids := make([]uint64, goroutines*each)
	var wg sync.WaitGroup
	for i := range goroutines {
		g, err := New(cfg)
		require.NoError(t, err)
		part := ids[i*each:][:each]
		wg.Go(func() {
			for j := range part {
				info, err := Parse(g.Next())
				if err != nil {
					t.Error(err)
					return
				}
				part[j] = uint64(info.Time.UnixMilli())<<16 | uint64(info.Index) // all that varies
			}
		})
	}
	wg.Wait()
	slices.Sort(ids)
	assert.Len(t, slices.Compact(ids), goroutines*each)
}

// A counter that goes round within a millisecond waits for the next one.
func TestWrapWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sequence{now: time.Now}
		seen := map[[2]int64]bool{}
		start := time.Now()
		for range 3*indexes + 10 {
			ms, index := s.next()
			pair := [2]int64{ms, int64(index)}
			require.False(t, seen[pair], "%v came twice", pair)
			seen[pair] = true
		}
		assert.Equal(t, 3*time.Millisecond, time.Since(start))
	})
}

// A clock that was set back neither repeats an id nor makes Next wait for hours.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		now := start
		s := sequence{now: func() time.Time { return now }}
		seen := map[[2]int64]bool{}
		for i := range 4 * indexes {
			if i == 10 {
				now = start.Add(-time.Hour)
			}
			ms, index := s.next()
			pair := [2]int64{ms, int64(index)}
			require.False(t, seen[pair], "%v came twice", pair)
			seen[pair] = true
		}
		assert.Zero(t, time.Since(start), "no waiting")
		now = start.Add(time.Hour)
		ms, _ := s.next()
		assert.Equal(t, now.UnixMilli(), ms, "back on the clock")
	})
}

func TestParseErrors(t *testing.T) {
	const good = "svc002b0007@hf18bcfe568000203802"
	_, err := Parse(good)
	require.NoError(t, err)
	for _, tt := range []struct{ id, want string }{
		{"", "no '@'"},
		{"svc002b0007", "no '@'"},
		{"02b0007@hf18bcfe568000203802", "before"},
		{"svc002b0007@18bcfe56800020380", "after"},
		{"svc002b0007@hf18bcfe568000203803", "last character"},
		{"svc00XY0007@hf18bcfe568000203802", "pid"},
		{"svc002b000G@hf18bcfe568000203802", "index"},
		{"svc002b0007@hf18bcfe5680z0203802", "time"},
		{"svc002b0007@hf18bcfe568000-03802", "address"},
	} {
		_, err := Parse(tt.id)
		require.ErrorIs(t, err, ErrSyntax, tt.id)
		require.ErrorContains(t, err, tt.want, tt.id)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("svc002b0007@hf18bcfe568000203802")
	f.Add("@")
	f.Add("a@b@c18bcfe568000203802")
	f.Fuzz(func(t *testing.T, s string) {
		info, err := Parse(s)
		if err != nil {
			require.ErrorIs(t, err, ErrSyntax)
			return
		}
		g := &Generator{
			head: info.Sub + string(appendHex(nil, uint64(info.PID), pidLen)),
			mid:  "@" + info.Location,
			tail: string(appendHex(nil, uint64(info.IPTail[0])<<8|uint64(info.IPTail[1]), ipLen)) + info.Port + "2",
		}
		assert.Equal(t, s, g.format(info.Time.UnixMilli(), uint16(info.Index)))
	})
}

func FuzzNext(f *testing.F) {
	f.Add("svc", "hf", []byte{10, 1, 2, 3}, uint16(8080))
	f.Add("", "", []byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, uint16(7))
	f.Fuzz(func(t *testing.T, sub, location string, ip []byte, port uint16) {
		addr, ok := netip.AddrFromSlice(ip)
		if !ok {
			addr = netip.MustParseAddr("10.1.2.3")
		}
		g, err := New(Config{Sub: sub, Location: location, IP: addr, Port: int(port)})
		if err != nil {
			return // the text cannot stand in an id
		}
		info, err := Parse(g.Next())
		require.NoError(t, err)
		if sub == "" {
			sub = DefaultSub
		}
		if location == "" {
			location = DefaultLocation
		}
		tail := addr.Unmap().AsSlice()
		assert.Equal(t, sub, info.Sub)
		assert.Equal(t, location, info.Location)
		assert.Equal(t, os.Getpid()&0xff, info.PID)
		assert.Equal(t, tail[len(tail)-2:], info.IPTail[:])
		assert.Equal(t, portPrefix(int(port)), info.Port)
		assert.WithinDuration(t, time.Now(), info.Time, time.Minute)
	})
}

func BenchmarkNext(b *testing.B) {
	g, err := New(Config{Sub: "svc", Location: "hf", IP: netip.MustParseAddr("10.1.2.3"), Port: 8080})
	require.NoError(b, err)
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Next()
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				g.Next()
			}
		})
	})
}
