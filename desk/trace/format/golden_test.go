// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace/format"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// What files of each format say.
func TestGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json*")
	require.NoError(t, err)
	require.Greater(t, len(files), 1)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			in, err := os.Open(file)
			require.NoError(t, err)
			defer in.Close()
			got, err := format.Read(in)
			require.NoError(t, err)
			requireGolden(t, strings.TrimSuffix(file, filepath.Ext(file))+".golden", show(got))
		})
	}
}

func requireGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}
