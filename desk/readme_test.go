// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
)

// The READMEs have the help as it is, and queries that can be asked.
func TestReadme(t *testing.T) {
	for _, name := range []string{"../README.md", "../README.zh-CN.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Contains(t, string(text), serveUsage(), name)
		queries := regexp.MustCompile(`--data-urlencode 'q=([^']+)'`).FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, queries)
		for _, q := range queries {
			_, err := query.Parse(q[1])
			assert.NoError(t, err, q[1])
		}
	}
}
