// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// attributeType is what the original takes a value for: the last of error, JSON,
// URL and status code that it looks like (spec 13.5).
func attributeType(kv trace.KeyValue) string {
	text := kv.Value.Str()
	kind := "string"
	if text == "ERROR" {
		kind = "error"
	}
	if kv.Value.Kind() == trace.StringValue && isJSON(text) {
		kind = "json"
	}
	if isURL(text) {
		kind = "url"
	}
	if kv.Key == "http.status_code" || kv.Key == "rpc.grpc.status_code" {
		kind = "status_code"
	}
	return kind
}

// isJSON also takes the numbers that Python reads beyond the standard.
func isJSON(text string) bool {
	return json.Valid([]byte(text)) || slices.Contains([]string{"NaN", "Infinity", "-Infinity"}, strings.TrimSpace(text))
}

var hostName = regexp.MustCompile(`(?i)^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z-]{2,63}|xn--[a-z0-9]{1,59})\.?$`)

// isURL wants a scheme that Django knows, and a host with a top-level domain,
// localhost or an address.
func isURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || strings.ContainsAny(text, " \t\r\n") {
		return false
	}
	if !slices.Contains([]string{"http", "https", "ftp", "ftps"}, strings.ToLower(u.Scheme)) {
		return false
	}
	host := u.Hostname()
	_, err = netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost") || hostName.MatchString(host)
}

func tagsOf(s *trace.Span) []object {
	kind := s.Kind.String()
	if s.Kind == trace.Unspecified {
		kind = "unset"
	}
	tags := []object{}
	if s.IsError() {
		tags = append(tags, object{"key": "error", "type": "string", "value": true})
	}
	return append(tags, object{"key": "span.kind", "value": kind, "type": "string"})
}

func tagsOutput(attrs []trace.KeyValue, prefix string) []object {
	tags := []object{}
	for _, kv := range attrs {
		tags = append(tags, object{
			"key": kv.Key, "value": kv.Value, "type": "string", "query_key": prefix + kv.Key, "query_value": kv.Value,
		})
	}
	return tags
}

func attributesOutput(attrs []trace.KeyValue, prefix string) []object {
	list := tagsOutput(attrs, prefix)
	for i, kv := range attrs {
		list[i]["type"] = attributeType(kv)
	}
	return list
}

// extraAttributes are what the original adds to the attributes of a span.
func extraAttributes(s *trace.Span) []object {
	codes := map[trace.StatusCode]string{trace.Unset: "UNSET", trace.OK: "OK", trace.Error: "ERROR"}
	extra := func(key, queryKey string, value, raw any) object {
		return object{"type": "string", "key": key, "value": value, "query_key": queryKey, "query_value": raw}
	}
	return []object{
		extra("span.kind", "kind", fmt.Sprintf("%d(%v)", s.Kind, kindLabel(int64(s.Kind))), s.Kind),
		extra("span.trace_state", "trace_state", s.State, s.State),
		extra("span.status_code", "status.code", fmt.Sprintf("%d(%s)", s.Status.Code, codes[s.Status.Code]), s.Status.Code),
		extra("span.status_message", "status.message", s.Status.Message, s.Status.Message),
	}
}

// processes numbers resources, which are the same only with their attributes in
// the same order.
type processes struct {
	list  []*trace.Resource
	known map[string]bool
	equal map[string]int // by attributes in any order, the first number
}

func (p *processes) of(r *trace.Resource) string {
	if p.known == nil {
		p.known, p.equal = map[string]bool{}, map[string]int{}
	}
	text := string(trace.AppendAttributesJSON(nil, r.Attributes))
	sorted := slices.SortedFunc(slices.Values(r.Attributes), func(a, b trace.KeyValue) int { return strings.Compare(a.Key, b.Key) })
	any := string(trace.AppendAttributesJSON(nil, sorted))
	if !p.known[text] {
		p.known[text] = true
		p.list = append(p.list, r)
		if _, ok := p.equal[any]; !ok {
			p.equal[any] = len(p.list)
		}
	}
	return "p" + strconv.Itoa(p.equal[any])
}

func (p *processes) output(slim bool) object {
	out := object{}
	for i, r := range p.list {
		process := object{"serviceName": serviceOf(r)}
		if !slim {
			process["tags"] = tagsOutput(r.Attributes, "resource.")
		}
		out["p"+strconv.Itoa(i+1)] = process
	}
	return out
}

func serviceOf(r *trace.Resource) string {
	v, _ := trace.Lookup(r.Attributes, "service.name")
	return v.String()
}
