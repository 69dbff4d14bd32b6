// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/tool"
	"github.com/sidetrace/sidetrace/desk/receive"
)

// What telemetrygen sends over both protocols is all there.
func TestTelemetrygen(t *testing.T) {
	binary := tool.Path(t, "telemetrygen")
	const token = "0123456789abcdef"
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"grpc", nil},
		{"http", []string{"--otlp-http"}},
		{"without batches", []string{"--batch=false"}},
		{"http without batches", []string{"--otlp-http", "--batch=false"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, receive.Config{Token: token})
			run := func(args ...string) {
				addr := s.grpc
				if strings.HasPrefix(tt.name, "http") {
					addr = s.http
				}
				args = append(args, "--otlp-insecure", "--otlp-endpoint", addr, "--otlp-header", `Authorization="Bearer `+token+`"`,
					"--workers", "2", "--rate", "0", "--service", "generated", "--telemetry-attributes", "k=7")
				out, err := exec.Command(binary, append(args, tt.args...)...).CombinedOutput()
				require.NoError(t, err, "%s", out)
			}
			run("traces", "--traces", "100", "--child-spans", "3", "--span-links", "2", "--status-code", "Error")
			run("logs", "--logs", "100", "--body", "generated", "--trace-id", "5b8efff798038103d269b633813fc60c")
			spans, logs := s.spans(t), s.logs(t)
			assert.Len(t, spans, 2*100*4)
			assert.Len(t, logs, 2*100)
			assert.Empty(t, s.Stats().Refused)
			links := 0
			for i := range spans {
				assert.Equal(t, "generated", spans[i].Service())
				links += len(spans[i].Links)
				v, _ := spans[i].Attribute("k")
				assert.EqualValues(t, 7, v.Int64())
			}
			assert.Positive(t, links)
			for i := range logs {
				assert.Equal(t, "generated", logs[i].Body.Str())
				assert.Equal(t, "5b8efff798038103d269b633813fc60c", logs[i].TraceID.String())
			}
		})
	}
}
