// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// The file of a process that was killed is read up to where it was cut.
func ExampleRead() {
	file := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","name":"plan","kind":"SPAN_KIND_INTERNAL"}]}]}]}
{"resourceSpans":[{"scopeSpans":[{"spans":[{"trac`
	batch, err := format.Read(strings.NewReader(file))
	for i := range batch.Spans {
		fmt.Println(batch.Spans[i].TraceID, batch.Spans[i].Name, batch.Spans[i].Kind)
	}
	fmt.Println(err)
	fmt.Println(errors.Is(err, io.ErrUnexpectedEOF))
	// Output:
	// 4bf92f3577b34da6a3ce929d0e0e4736 plan internal
	// format: line 2: the input ends in the middle of a value: unexpected EOF
	// true
}

func ExampleDocuments() {
	spans, err := format.Documents(strings.NewReader(`[{"trace_id":"a","span_id":"b","span_name":"GET","kind":2,"start_time":1000,"end_time":3000,"elapsed_time":1999}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(spans[0].Name, spans[0].Kind, spans[0].End-spans[0].Start, spans[0].Duration())
	// Output: GET server 2000000 1999000
}

func ExampleZipkin() {
	_, err := format.Zipkin(strings.NewReader(`[{"traceId":"5af7183fb1d4cf5f","name":"get"}]`))
	fmt.Println(err)
	// Output: format: line 1: [0]: id is missing
}

func span() trace.Span {
	return trace.Span{TraceID: trace.TraceIDOf("1"), ID: trace.SpanIDOf("2"), Name: "GET", Kind: trace.Server, Start: 1_000, End: 3_000}
}

func ExampleAppendOTLPJSON() {
	_, _ = os.Stdout.Write(format.AppendOTLPJSON(nil, &trace.Batch{Spans: []trace.Span{span()}}))
	// Output: {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002","name":"GET","kind":2,"startTimeUnixNano":"1000","endTimeUnixNano":"3000","status":{}}]}]}]}
}

func ExampleAppendJaeger() {
	text := string(format.AppendJaeger(nil, []trace.Span{span()}))
	spans, err := format.Jaeger(strings.NewReader(text))
	fmt.Println(len(spans), err, spans[0].Service())
	// Output: 1 <nil> unknown_service
}

func ExampleMarshalTraces() {
	b, err := format.MarshalTraces([]trace.Span{span()})
	if err != nil {
		fmt.Println(err)
		return
	}
	spans, err := format.UnmarshalTraces(b)
	fmt.Println(len(spans), err)
	// Output: 1 <nil>
}
