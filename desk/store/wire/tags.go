// SPDX-License-Identifier: Apache-2.0

package wire

// The fields of OTLP, version 1 (opentelemetry/proto/{collector,trace,logs,
// resource,common}/v1), as the wire has them: number << 3 | type. Messages of
// spans and of log records are alike down to their records.
const (
	// ExportTraceServiceRequest, ExportLogsServiceRequest.
	requestResources = 1<<3 | bytesField
	// ResourceSpans, ResourceLogs.
	originResource = 1<<3 | bytesField
	originScopes   = 2<<3 | bytesField
	originSchema   = 3<<3 | bytesField
	// ScopeSpans, ScopeLogs.
	scopeScope   = 1<<3 | bytesField
	scopeRecords = 2<<3 | bytesField
	scopeSchema  = 3<<3 | bytesField
	// Resource.
	resourceAttributes = 1<<3 | bytesField
	resourceDropped    = 2<<3 | varintField
	resourceEntities   = 3<<3 | bytesField
	// EntityRef.
	entitySchema       = 1<<3 | bytesField
	entityType         = 2<<3 | bytesField
	entityIDs          = 3<<3 | bytesField
	entityDescriptions = 4<<3 | bytesField
	// InstrumentationScope.
	scopeName       = 1<<3 | bytesField
	scopeVersion    = 2<<3 | bytesField
	scopeAttributes = 3<<3 | bytesField
	scopeDropped    = 4<<3 | varintField
	// Span.
	spanTraceID           = 1<<3 | bytesField
	spanID                = 2<<3 | bytesField
	spanState             = 3<<3 | bytesField
	spanParent            = 4<<3 | bytesField
	spanName              = 5<<3 | bytesField
	spanKind              = 6<<3 | varintField
	spanStart             = 7<<3 | fixed64Field
	spanEnd               = 8<<3 | fixed64Field
	spanAttributes        = 9<<3 | bytesField
	spanDroppedAttributes = 10<<3 | varintField
	spanEvents            = 11<<3 | bytesField
	spanDroppedEvents     = 12<<3 | varintField
	spanLinks             = 13<<3 | bytesField
	spanDroppedLinks      = 14<<3 | varintField
	spanStatus            = 15<<3 | bytesField
	spanFlags             = 16<<3 | fixed32Field
	// Status.
	statusMessage = 2<<3 | bytesField
	statusCode    = 3<<3 | varintField
	// Event.
	eventTime       = 1<<3 | fixed64Field
	eventName       = 2<<3 | bytesField
	eventAttributes = 3<<3 | bytesField
	eventDropped    = 4<<3 | varintField
	// Link.
	linkTraceID    = 1<<3 | bytesField
	linkSpanID     = 2<<3 | bytesField
	linkState      = 3<<3 | bytesField
	linkAttributes = 4<<3 | bytesField
	linkDropped    = 5<<3 | varintField
	linkFlags      = 6<<3 | fixed32Field
	// LogRecord.
	logTime         = 1<<3 | fixed64Field
	logSeverity     = 2<<3 | varintField
	logSeverityText = 3<<3 | bytesField
	logBody         = 5<<3 | bytesField
	logAttributes   = 6<<3 | bytesField
	logDropped      = 7<<3 | varintField
	logFlags        = 8<<3 | fixed32Field
	logTraceID      = 9<<3 | bytesField
	logSpanID       = 10<<3 | bytesField
	logObserved     = 11<<3 | fixed64Field
	logEventName    = 12<<3 | bytesField
	// KeyValue, ArrayValue, KeyValueList.
	pairKey   = 1<<3 | bytesField
	pairValue = 2<<3 | bytesField
	elements  = 1<<3 | bytesField
	// AnyValue.
	anyString = 1<<3 | bytesField
	anyBool   = 2<<3 | varintField
	anyInt    = 3<<3 | varintField
	anyDouble = 4<<3 | fixed64Field
	anyList   = 5<<3 | bytesField
	anyMap    = 6<<3 | bytesField
	anyBytes  = 7<<3 | bytesField
	anyIndex  = 8<<3 | varintField
)
