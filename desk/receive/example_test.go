// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// printer is a sink that prints.
type printer struct{}

// Append implements [receive.Sink].
func (printer) Append(_ context.Context, signal receive.Signal, body []byte) error {
	spans, err := format.UnmarshalTraces(body)
	for i := range spans {
		fmt.Println(signal, spans[i].Name, spans[i].ID)
	}
	return err
}

func ExampleStart() {
	s, err := receive.Start(context.Background(), receive.Config{GRPC: receive.Off, HTTP: "127.0.0.1:0"}, printer{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, addr := s.Addrs()
	body := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"plan"}]}]}]}`
	resp, err := http.Post("http://"+addr+"/v1/traces", "application/json", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Status, resp.Body.Close())
	fmt.Println(s.Stats().Traces.Records, s.Shutdown(context.Background()))
	// Output:
	// traces plan eee19b7ec3c1b174
	// 200 OK <nil>
	// 1 <nil>
}
