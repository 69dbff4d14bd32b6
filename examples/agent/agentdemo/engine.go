// SPDX-License-Identifier: Apache-2.0

package agentdemo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/status"

	"github.com/sidetrace/sidetrace/examples/agent/agentpb"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/span"
)

// engine is the service that runs the workflow.
type engine struct {
	tools agentpb.ToolsClient
	model agentpb.ModelClient
}

// ServeHTTP answers POST /run with the words of the answer as events.
func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q Question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, "want a question as JSON", http.StatusBadRequest)
		return
	}
	record := span.TraceLogFromContext(r.Context())
	record.Question(q.Text())
	w.Header().Set("Content-Type", "text/event-stream")
	answer, err := e.run(r.Context(), q, func(word string) error { return writeEvent(w, word) })
	record.Answer(answer)
	if err != nil {
		span.FromContext(r.Context()).Fail(err)
	}
}

// run runs the nodes: a plan, three tools at once, a retrieval, the model, and
// the answer, which leaves word by word.
func (e *engine) run(ctx context.Context, q Question, emit func(word string) error) (answer string, err error) {
	plan := e.plan(ctx, q)
	results, tools, err := e.callTools(ctx, q, "weather", "flights", "hotels")
	plan.Next(tools...)
	if err != nil {
		return "", err
	}
	passages, retrieval := e.retrieve(ctx, q)
	for _, t := range tools {
		t.Next(retrieval)
	}
	answer, last, err := e.generate(ctx, q, append(results, passages...), retrieval, emit)
	if err != nil {
		return answer, err
	}
	_, end := span.StartNode(ctx, nodelog.Node{ID: "node-end::1", Type: "node-end", Name: "End"})
	defer end.End()
	last.Next(end.Node())
	end.Node().Output("answer", answer)
	return answer, nil
}

func (e *engine) plan(ctx context.Context, q Question) *nodelog.NodeLog {
	_, s := span.StartNode(ctx, nodelog.Node{ID: "plan::1", Type: "plan", Name: "Plan"})
	defer s.End()
	s.Node().Input("question", q.Text())
	time.Sleep(8 * time.Millisecond)
	s.Node().Output("steps", []string{"weather", "flights", "hotels", "guide", "answer"})
	s.Info("five steps", attribute.String("city", q.City))
	return s.Node()
}

// callTools calls tools at once and returns their results and last logs.
func (e *engine) callTools(ctx context.Context, q Question, names ...string) (results []string, logs []*nodelog.NodeLog, err error) {
	results, logs = make([]string, len(names)), make([]*nodelog.NodeLog, len(names))
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { results[i], logs[i], errs[i] = e.callTool(ctx, q, name) })
	}
	wg.Wait()
	return results, logs, errors.Join(errs...)
}

// attempts is how often a tool is tried.
const attempts = 3

// callTool calls a tool until it succeeds. Each attempt is a node of its own.
func (e *engine) callTool(ctx context.Context, q Question, name string) (result string, log *nodelog.NodeLog, err error) {
	for attempt := 1; attempt <= attempts; attempt++ {
		before := log
		result, log, err = e.tryTool(ctx, q, name, attempt)
		before.Next(log)
		if err == nil {
			return result, log, nil
		}
		time.Sleep(time.Duration(attempt) * 15 * time.Millisecond)
	}
	return "", log, fmt.Errorf("tool %s: %w", name, err)
}

func (e *engine) tryTool(ctx context.Context, q Question, name string, attempt int) (string, *nodelog.NodeLog, error) {
	ctx, s := span.StartNode(ctx, nodelog.Node{ID: "tool::" + name, Type: "tool", Name: strings.ToUpper(name[:1]) + name[1:]})
	defer s.End()
	s.Node().Input("city", q.City)
	s.Node().Config("attempt", attempt)
	s.Set(attribute.String("gen_ai.operation.name", "execute_tool"), attribute.String("gen_ai.tool.name", name), attribute.Int("attempt", attempt))
	resp, err := e.tools.Call(ctx, &agentpb.CallRequest{Tool: name, City: q.City, Attempt: int32(attempt)})
	if err != nil {
		s.SetCode(int(status.Code(err)))
		s.Fail(err)
		return "", s.Node(), err
	}
	s.Node().Output("result", resp.Result)
	return resp.Result, s.Node(), nil
}

// passages is how many passages of the guide a retrieval reads: ten for the usual
// three days.
func (q Question) passages() int { return min(4+2*q.days(), 40) }

// retrieve reads passages of a guide book one after the other, though nothing
// keeps it from asking for all at once.
func (e *engine) retrieve(ctx context.Context, q Question) (found []string, log *nodelog.NodeLog) {
	ctx, s := span.StartNode(ctx, nodelog.Node{ID: "retrieval::1", Type: "retrieval", Name: "Guide"})
	defer s.End()
	s.Node().Input("city", q.City)
	for i := range q.passages() {
		found = append(found, queryPassage(ctx, q.City, i))
	}
	s.Node().Output("passages", len(found))
	return found, s.Node()
}

// queryPassage is a database query as its instrumentation would show it
// (OpenTelemetry semantic conventions for database client spans).
func queryPassage(ctx context.Context, city string, n int) string {
	_, s := span.StartKind(ctx, trace.SpanKindClient, "SELECT passages",
		attribute.String("db.system.name", "sqlite"),
		attribute.String("db.operation.name", "SELECT"),
		attribute.String("db.collection.name", "passages"),
		attribute.String("db.query.text", "SELECT text FROM passages WHERE city = ? AND n = ?"))
	defer s.End()
	time.Sleep(3 * time.Millisecond)
	return fmt.Sprintf("%s, passage %d. %s", city, n+1, strings.Repeat("Streets, hills, weather and what to wear there. ", 12))
}

const promptTemplate = "You are a travel assistant. Answer in one sentence.\n\nQuestion: %s\n\nWhat is known:\n%s"

// generate asks the model and passes its words on. It returns the log of the last
// node.
func (e *engine) generate(ctx context.Context, q Question, known []string, before *nodelog.NodeLog, emit func(string) error) (answer string, last *nodelog.NodeLog, err error) {
	name := cmp.Or(q.Model, Model)
	prompt := fmt.Sprintf(promptTemplate, q.Text(), strings.Join(known, "\n"))
	llmCtx, llm := span.StartNode(ctx, nodelog.Node{ID: "llm::1", Type: "llm", Name: "Model"})
	defer llm.End()
	before.Next(llm.Node())
	llm.Node().Config("model", name)
	llm.Node().Input("prompt", prompt)
	llm.Set(attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.provider.name", "demo"),
		attribute.String("gen_ai.request.model", name), attribute.String("gen_ai.input.messages", prompt))
	stream, err := e.model.Generate(llmCtx, &agentpb.GenerateRequest{Model: name, Prompt: prompt})
	if err != nil {
		llm.Fail(err)
		return "", llm.Node(), err
	}
	var message *span.Span
	defer func() { message.End() }()
	var words []string
	for {
		word, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			llm.Fail(err)
			return strings.Join(words, " "), llm.Node(), err
		}
		if message == nil {
			llm.Node().FirstFrame()
			_, message = span.StartNode(ctx, nodelog.Node{ID: "message::1", Type: "message", Name: "Answer"})
			llm.Node().Next(message.Node())
		}
		words = append(words, word.Text)
		if u := word.Usage; u != nil {
			llm.Node().Usage(nodelog.Usage{PromptTokens: int(u.PromptTokens), CompletionTokens: int(u.CompletionTokens)})
		}
		if err := emit(word.Text); err != nil {
			message.Fail(err)
			return strings.Join(words, " "), message.Node(), err
		}
	}
	answer = strings.Join(words, " ")
	llm.Node().LLMOutput(answer)
	message.Node().Output("text", answer)
	return answer, message.Node(), nil
}
