// SPDX-License-Identifier: Apache-2.0

// Package sid makes and reads session ids.
//
// A session id names one request on its way through every service. It has the
// layout of the original tracing package, so that services of both kinds can
// share one session:
//
//	{sub}{pid:04x}{index:04x}@{location}{ms:011x}{ip tail}{port prefix}2
//
//	svc 002b 0007 @ hf 18bcfe56800 0203 80 2
//
// where
//
//   - sub is the service's subsystem, free text;
//   - pid is the process id AND 0xFF;
//   - index is a counter modulo 65 536;
//   - location is the data centre, free text;
//   - ms is the Unix time in milliseconds, the last eleven hex digits;
//   - ip tail is the third and fourth octet of the local IPv4 address in hex. A
//     host with IPv6 only gives the last two bytes of its address;
//   - port prefix is the first two digits of the decimal service port. A port
//     of one digit is written with a leading zero, no port as 00;
//   - 2 marks the layout's generation.
//
// Ids are unique within a process; between processes they are told apart by
// what is in them, which is no more than the layout offers (a service's
// processes on one host share everything but the low byte of the pid).
package sid

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/internal/hostaddr"
)

// Defaults for the parts that a [Config] leaves empty.
const (
	DefaultSub      = "src"
	DefaultLocation = "src"
)

// Widths of the fixed parts, in characters.
const (
	pidLen    = 4
	indexLen  = 4
	msLen     = 11
	ipLen     = 4
	portLen   = 2
	headLen   = pidLen + indexLen
	tailLen   = msLen + ipLen + portLen + 1
	marker    = '2'
	separator = '@'

	msMask = 1<<(4*msLen) - 1
)

// Config says what the ids of a [Generator] are made of.
type Config struct {
	// Sub is the subsystem. Empty means [DefaultSub].
	Sub string
	// Location is the data centre. Empty means [DefaultLocation].
	Location string
	// IP is the address whose tail goes into the id. The zero value means the
	// address of this host, found without sending a packet.
	IP netip.Addr
	// Port is the port that the service listens on, 0 to 65 535. Zero means none.
	Port int
}

// Generator makes session ids. Its methods may be called from several
// goroutines at once.
type Generator struct {
	head string // sub and pid
	mid  string // separator and location
	tail string // address, port, marker
}

// New returns a Generator. It fails when Sub or Location holds an '@', a control
// character or invalid UTF-8, or when Port is out of range.
func New(cfg Config) (*Generator, error) {
	return newGenerator(cfg, os.Getpid())
}

func newGenerator(cfg Config, pid int) (*Generator, error) {
	sub, location := cfg.Sub, cfg.Location
	if sub == "" {
		sub = DefaultSub
	}
	if location == "" {
		location = DefaultLocation
	}
	err := errors.Join(checkText("Sub", sub), checkText("Location", location))
	if cfg.Port < 0 || cfg.Port > 65535 {
		err = errors.Join(err, fmt.Errorf("sid: Port %d: want 0 to 65535", cfg.Port))
	}
	if err != nil {
		return nil, err
	}
	ip := cfg.IP
	if !ip.IsValid() {
		ip = hostaddr.Find()
	}
	return &Generator{
		head: sub + fmt.Sprintf("%04x", pid&0xff),
		mid:  string(separator) + location,
		tail: ipTail(ip) + portPrefix(cfg.Port) + string(marker),
	}, nil
}

func checkText(field, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("sid: %s %q: want valid UTF-8", field, s)
	}
	bad := func(r rune) bool { return r == separator || unicode.IsControl(r) }
	if i := strings.IndexFunc(s, bad); i >= 0 {
		return fmt.Errorf("sid: %s %q: byte %d: want no '@' and no control characters", field, s, i)
	}
	return nil
}

// ipTail gives the last two bytes of ip in hex. For IPv4 these are the third
// and fourth octet.
func ipTail(ip netip.Addr) string {
	b := ip.Unmap().AsSlice()
	return hex.EncodeToString(b[len(b)-2:])
}

func portPrefix(port int) string {
	s := fmt.Sprintf("%02d", port)
	return s[:portLen]
}

// Next returns a new id. No two calls in a process, on this or any other
// Generator, return the same id: when the counter has gone round within one
// millisecond, Next waits for the next millisecond.
func (g *Generator) Next() string {
	ms, index := clock.next()
	return g.format(ms, index)
}

func (g *Generator) format(ms int64, index uint16) string {
	// Sized for the usual parts, so that the only allocation is the string.
	b := make([]byte, 0, 96)
	b = append(b, g.head...)
	b = appendHex(b, uint64(index), indexLen)
	b = append(b, g.mid...)
	b = appendHex(b, uint64(ms)&msMask, msLen)
	b = append(b, g.tail...)
	return string(b)
}

func appendHex(b []byte, v uint64, width int) []byte {
	const digits = "0123456789abcdef"
	for shift := 4 * (width - 1); shift >= 0; shift -= 4 {
		b = append(b, digits[v>>shift&0xf])
	}
	return b
}

// Info is what an id says.
type Info struct {
	// Sub and Location are the free texts of the service that made the id.
	Sub, Location string
	// PID is the low byte of its process id, 0 to 255 for ids of this package.
	PID int
	// Index is the counter, 0 to 65 535.
	Index int
	// Time is when the id was made, to the millisecond, in UTC.
	Time time.Time
	// IPTail is the end of the host's address. For IPv4 its third and fourth octet.
	IPTail [2]byte
	// Port is the first two characters of the port.
	Port string
}

// ErrSyntax is wrapped by every error of [Parse].
var ErrSyntax = errors.New("not a session id")

// Parse reads an id. It wants the layout of the package comment and accepts
// whatever sub and location hold.
func Parse(s string) (Info, error) {
	at := strings.LastIndexByte(s, separator)
	if at < 0 {
		return Info{}, syntaxError(s, "no '@'")
	}
	head, tail := s[:at], s[at+1:]
	switch {
	case len(head) < headLen:
		return Info{}, syntaxError(s, "fewer than 8 characters before the '@'")
	case len(tail) < tailLen:
		return Info{}, syntaxError(s, "fewer than 18 characters after the '@'")
	case tail[len(tail)-1] != marker:
		return Info{}, syntaxError(s, "the last character is not '2'")
	}
	f := fields{id: s}
	info := Info{Sub: head[:len(head)-headLen], Location: tail[:len(tail)-tailLen]}
	head, tail = head[len(info.Sub):], tail[len(info.Location):]
	info.PID = int(f.hex("pid", head[:pidLen]))
	info.Index = int(f.hex("index", head[pidLen:]))
	info.Time = time.UnixMilli(f.hex("time", tail[:msLen])).UTC()
	tail = tail[msLen:]
	ip := f.hex("address", tail[:ipLen])
	info.IPTail = [2]byte{byte(ip >> 8), byte(ip)}
	info.Port = tail[ipLen : ipLen+portLen]
	if f.err != nil {
		return Info{}, f.err
	}
	return info, nil
}

// fields reads the hex parts of an id and keeps the first error.
type fields struct {
	id  string
	err error
}

func (f *fields) hex(name, s string) int64 {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			if f.err == nil {
				f.err = syntaxError(f.id, name+" "+strconv.Quote(s)+" is not lower-case hex")
			}
			return 0
		}
	}
	v, _ := strconv.ParseInt(s, 16, 64) // at most 44 bits, all digits checked
	return v
}

func syntaxError(id, what string) error {
	return fmt.Errorf("sid: parse %q: %w: %s", id, ErrSyntax, what)
}
