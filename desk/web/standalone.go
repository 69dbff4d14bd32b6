// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"sync"
)

// standalone is the page's code and style, with what a browser compares them by.
var standalone = sync.OnceValues(func() (parts struct{ script, style, policy string }, err error) {
	script, err := dist.ReadFile("dist/standalone/page.js")
	if err != nil {
		return parts, err
	}
	style, err := dist.ReadFile("dist/standalone/page.css")
	if err != nil {
		return parts, err
	}
	parts.script, parts.style = string(script), string(style)
	parts.policy = fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'",
		hashOf(script), hashOf(style))
	return parts, nil
})

// hashOf is how a Content-Security-Policy names an inline script or style (CSP
// Level 3, 2.3.1).
func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// WriteStandalone writes the page as one document of HTML with one trace in it,
// which opens from a disk without a desk and asks nobody for anything. What the
// trace says is compressed, and cannot be taken for code. Answers are the bodies of
// what the desk answers about the trace by their addresses, from the / on; one of
// them is the trace as a whole. Others are large values by the links to them.
func WriteStandalone(w io.Writer, title string, answers map[string]string) error {
	parts, err := standalone()
	if err != nil {
		return fmt.Errorf("web: the page as a file: %w", err)
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%s</title>
<style>%s</style>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript.</noscript>
<script type="application/gzip" id="data">`, parts.policy, html.EscapeString(title), parts.style)
	if err := writeKept(b, answers); err != nil {
		return fmt.Errorf("web: the page as a file: %w", err)
	}
	fmt.Fprintf(b, "</script>\n<script type=\"module\">%s</script>\n</body>\n</html>\n", parts.script)
	return b.Flush()
}

// writeKept writes JSON, compressed with gzip, in base64.
func writeKept(w io.Writer, answers map[string]string) error {
	text := base64.NewEncoder(base64.StdEncoding, w)
	packed := gzip.NewWriter(text)
	if err := json.NewEncoder(packed).Encode(answers); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	return text.Close()
}
