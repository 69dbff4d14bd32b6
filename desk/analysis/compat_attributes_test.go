// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
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
