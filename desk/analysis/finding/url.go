// SPDX-License-Identifier: Apache-2.0

package finding

import "strings"

// pageParams are parameters that ask for a page of a list, which is only known
// when the page before it is there.
var pageParams = []string{"page", "offset", "cursor", "after", "before", "page_token", "pagetoken", "next_token", "start", "skip", "from", "continue"}

// urlTemplate is a URL without what looks like a parameter: ids in its path, and
// the values of its query.
func urlTemplate(url string, scratch []byte) (template []byte, host string, paged bool) {
	url, _, _ = strings.Cut(url, "#")
	path, query, _ := strings.Cut(url, "?")
	if _, after, ok := strings.Cut(path, "://"); ok {
		path = after
	}
	host, path, _ = strings.Cut(path, "/")
	template = append(scratch[:0], host...)
	for path != "" {
		var segment string
		segment, path, _ = strings.Cut(path, "/")
		template = append(template, '/')
		if isID(segment) {
			segment = "*"
		}
		template = append(template, segment...)
	}
	separator := byte('?')
	for query != "" {
		var param string
		param, query, _ = strings.Cut(query, "&")
		name, _, _ := strings.Cut(param, "=")
		template = append(append(template, separator), name...)
		separator = '&'
		paged = paged || foldsTo(name, pageParams)
	}
	return template, host, paged
}
