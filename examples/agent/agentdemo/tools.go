// SPDX-License-Identifier: Apache-2.0

package agentdemo

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sidetrace/sidetrace/examples/agent/agentpb"
	"github.com/sidetrace/sidetrace/span"
)

// number follows from its arguments alone, so that the demo tells the same story
// every time.
func number(n int, of ...string) int {
	h := fnv.New32a()
	for _, s := range of {
		_, _ = h.Write([]byte(s)) // does not fail
	}
	return int(h.Sum32()) % n
}

// tools is the service behind the agent's tools.
type tools struct {
	agentpb.UnimplementedToolsServer
}

// Call runs a tool. The flights of every other city are not available at the
// first attempt.
func (tools) Call(ctx context.Context, r *agentpb.CallRequest) (*agentpb.CallResponse, error) {
	_, s := span.Start(ctx, "look up "+r.Tool, attribute.String("city", r.City))
	defer s.End()
	time.Sleep(time.Duration(10+number(25, r.Tool, r.City)) * time.Millisecond)
	if r.Tool == "flights" && r.City == Nowhere {
		err := status.Errorf(codes.NotFound, "no airline flies to %s", r.City)
		s.Fail(err)
		return nil, err
	}
	if r.Tool == "flights" && r.Attempt == 1 && number(2, r.City) == 0 {
		err := status.Errorf(codes.Unavailable, "the airline's service is busy")
		s.Fail(err)
		return nil, err
	}
	results := map[string]string{
		"weather": fmt.Sprintf("%d degrees and %s", 12+number(16, r.City), []string{"sunny", "cloudy", "rainy"}[number(3, r.City)]),
		"flights": fmt.Sprintf("a flight at %02d:%02d", 6+number(15, r.City), 5*number(12, r.City)),
		"hotels":  fmt.Sprintf("%d rooms left", 1+number(20, r.City)),
	}
	result, ok := results[r.Tool]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "no tool is called %q", r.Tool)
	}
	return &agentpb.CallResponse{Result: result}, nil
}

// model is the stand-in for a language model.
type model struct {
	agentpb.UnimplementedModelServer
}

// Generate streams an answer word by word.
func (model) Generate(r *agentpb.GenerateRequest, stream agentpb.Model_GenerateServer) error {
	ctx, s := span.Start(stream.Context(), "decode", attribute.String("model", r.Model))
	defer s.End()
	words := strings.Fields(answerTo(r.Prompt))
	slower := time.Duration(1)
	if r.Model == LargeModel {
		slower = 3
	}
	if err := wait(ctx, slower*time.Duration(len(r.Prompt))*readByte); err != nil {
		return err
	}
	for i, word := range words {
		out := &agentpb.Word{Text: word}
		if i == len(words)-1 {
			out.Usage = &agentpb.Usage{PromptTokens: int32(len(r.Prompt) / 4), CompletionTokens: int32(len(words))}
		}
		if err := stream.Send(out); err != nil {
			return err
		}
		if err := wait(ctx, slower*sayWord); err != nil {
			return err
		}
	}
	return nil
}

// How long the model takes to read a byte of the prompt, and to say a word.
const (
	readByte = 7 * time.Microsecond
	sayWord  = 5 * time.Millisecond
)

// wait waits unless the caller has gone.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

func answerTo(prompt string) string {
	switch {
	case strings.Contains(prompt, "rainy"):
		return "Take a rain jacket and shoes that do not mind water, and leave room for something warm in the evenings."
	case strings.Contains(prompt, "cloudy"):
		return "Pack in layers, with a light jacket on top, and a second pair of shoes for the hills."
	}
	return "Light clothes will do, with sunglasses, a hat, and one good shirt for a dinner by the water."
}
