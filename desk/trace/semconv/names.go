// SPDX-License-Identifier: Apache-2.0

package semconv

// spellings are the names of each field, the preferred one first.
var spellings = [fields][]string{
	HTTPMethod: {"http.request.method", "http.method"},
	HTTPURL:    {"url.full", "http.url"},
	HTTPRoute:  {"http.route"},
	HTTPHost:   {"http.host", "server.address"},
	HTTPTarget: {"http.target", "url.path"},
	HTTPStatus: {"http.response.status_code", "http.status_code"},

	RPCSystem:  {"rpc.system.name", "rpc.system"},
	RPCService: {"rpc.service"},
	RPCMethod:  {"rpc.method"},
	RPCStatus:  {"rpc.status_code", "rpc.response.status_code", "rpc.grpc.status_code"},

	DBSystem:     {"db.system.name", "db.system"},
	DBName:       {"db.namespace", "db.name"},
	DBOperation:  {"db.operation.name", "db.operation"},
	DBStatement:  {"db.query.text", "db.statement"},
	DBType:       {"db.type"},
	DBInstance:   {"db.instance"},
	DBCollection: {"db.collection.name", "db.sql.table"},

	MessagingSystem:      {"messaging.system"},
	MessagingDestination: {"messaging.destination.name", "messaging.destination"},
	MessagingOperation:   {"messaging.operation.type", "messaging.operation.name", "messaging.operation"},
	MessagingKey:         {"messaging.kafka.message.key", "messaging.kafka.message_key", "messaging.rabbitmq.destination.routing_key", "messaging.rabbitmq.routing_key", "messaging.rocketmq.message.keys", "messaging.rocketmq.message_keys"},
	TaskName:             {"celery.task_name", "celery.action"},

	PeerService: {"service.peer.name", "peer.service"},
	PeerName:    {"net.peer.name", "server.address"},
	ErrorType:   {"error.type", "exception.type"},

	NodeID:    {"node.id"},
	NodeType:  {"node.type"},
	NodeName:  {"node.name"},
	NodeLogID: {"node.log_id"},
	SID:       {"sid", "session.id"},
	ChatID:    {"chat_id"},

	Operation:         {"gen_ai.operation.name", "llm.request.type"},
	Provider:          {"gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"},
	RequestModel:      {"gen_ai.request.model", "llm.model_name", "embedding.model_name", "ai.model.id", "llm.request.model", "langfuse.observation.model.name"},
	ResponseModel:     {"gen_ai.response.model", "ai.response.model", "llm.response.model"},
	AgentName:         {"gen_ai.agent.name", "agent.name"},
	Conversation:      {"gen_ai.conversation.id", "session.id", "langfuse.session.id", "traceloop.association.properties.session_id"},
	ToolName:          {"gen_ai.tool.name", "tool.name", "ai.toolCall.name"},
	ToolCallID:        {"gen_ai.tool.call.id", "tool_call.id", "ai.toolCall.id"},
	ToolArguments:     {"gen_ai.tool.call.arguments", "tool.parameters", "ai.toolCall.args", "input.value", "traceloop.entity.input"},
	ToolResult:        {"gen_ai.tool.call.result", "ai.toolCall.result", "output.value", "traceloop.entity.output"},
	InputMessages:     {"gen_ai.input.messages", "gen_ai.prompt", "llm.input_messages", "ai.prompt.messages", "input.value"},
	OutputMessages:    {"gen_ai.output.messages", "gen_ai.completion", "llm.output_messages", "ai.response.text", "output.value"},
	InputTokens:       {"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens", "ai.usage.inputTokens", "ai.usage.promptTokens", "gen_ai.aggregated_usage.input_tokens"},
	OutputTokens:      {"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.aggregated_usage.output_tokens"},
	TotalTokens:       {"gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens", "ai.usage.totalTokens", "ai.usage.tokens"},
	CachedTokens:      {"gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cached_tokens", "llm.token_count.prompt_details.cache_read", "gen_ai.usage.cache_read_tokens", "gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.input_tokens.cached", "llm.usage.cache_read_input_tokens", "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens", "gen_ai.aggregated_usage.cache_read.input_tokens"},
	CacheWriteTokens:  {"gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write", "gen_ai.usage.cache_write_tokens", "gen_ai.usage.details.cache_write_tokens", "gen_ai.usage.input_tokens.cache_write", "llm.usage.cache_creation_input_tokens", "ai.usage.inputTokenDetails.cacheWriteTokens", "gen_ai.aggregated_usage.cache_creation.input_tokens"},
	ReasoningTokens:   {"gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", "llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens", "gen_ai.usage.details.reasoning_tokens", "gen_ai.usage.output_tokens.reasoning", "llm.usage.reasoning_tokens", "ai.usage.outputTokenDetails.reasoningTokens", "gen_ai.aggregated_usage.reasoning.output_tokens"},
	FirstChunkSeconds: {"gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token", "gen_ai.response.time_to_first_token", "gen_ai.latency.time_to_first_token"},
	FirstFrameMillis:  {"first_frame_duration", "ai.response.msToFirstChunk", "ai.stream.msToFirstChunk", "llm.time_to_first_token_ms"},
	SpanType:          {"openinference.span.kind", "traceloop.span.kind", "langfuse.observation.type", "gen_ai.span.kind"},
	Cost:              {"gen_ai.usage.cost", "llm.cost.total", "langfuse.observation.cost_details.total", "operation.cost"},
	OperationID:       {"ai.operationId"},
	ResponseID:        {"gen_ai.response.id", "ai.response.id"},
	CompletionStart:   {"langfuse.observation.completion_start_time"},
	UsageDetails:      {"langfuse.observation.usage_details", "mlflow.chat.tokenUsage"},
	CostDetails:       {"langfuse.observation.cost_details"},
}

// A name is one spelling: the field it belongs to, and its place among that
// field's spellings.
type name struct {
	field Field
	rank  uint8
}

var names = byKey()

func byKey() map[string][]name {
	all := map[string][]name{}
	for f, keys := range spellings {
		for rank, key := range keys {
			all[key] = append(all[key], name{field: Field(f), rank: uint8(rank)})
		}
	}
	return all
}
