// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"github.com/sidetrace/sidetrace/internal/rotate"
)

// EventName is the event name of the log records that a [LogSink] makes.
const EventName = "sidetrace.node_trace_log"

// scopeName is the instrumentation scope of those records.
const scopeName = "github.com/sidetrace/sidetrace/nodelog"

// LogSink is a Sink that makes an OpenTelemetry log record of each record: the
// event name is [EventName], the body the JSON as a string, the attributes are
// sid, app_id, uid and chat_id, and it belongs to the trace in the context. The
// severity is ERROR when the record's code is not 0, otherwise INFO.
type LogSink struct {
	logger log.Logger
}

// NewLogSink returns a LogSink over a logger of provider.
func NewLogSink(provider log.LoggerProvider) *LogSink {
	return &LogSink{logger: provider.Logger(scopeName)}
}

// Write implements [Sink].
func (s *LogSink) Write(ctx context.Context, r Record) error {
	var out log.Record
	out.SetEventName(EventName)
	out.SetTimestamp(r.End)
	out.SetSeverity(log.SeverityInfo)
	if r.Code != 0 {
		out.SetSeverity(log.SeverityError)
	}
	out.SetSeverityText(out.Severity().String())
	out.SetBody(attribute.StringValue(string(r.JSON)))
	out.AddAttributes(
		attribute.String("sid", r.SID),
		attribute.String("app_id", r.AppID),
		attribute.String("uid", r.UID),
		attribute.String("chat_id", r.ChatID),
	)
	s.logger.Emit(ctx, out)
	return nil
}

// FileConfig names the file of a [FileSink].
type FileConfig struct {
	// Path is the file that is written to; its folder is made, for this user
	// alone, if it does not exist. Files set aside stand beside it.
	Path string
	// MaxMegabytes is the size at which the file is set aside. Zero means 100.
	MaxMegabytes int
	// Backups is how many files set aside are kept. Zero means 5.
	Backups int
}

// FileSink is a Sink that writes records to a file, one a line, and sets it
// aside when it has grown. What is written has reached the system when Write
// returns: it survives the end of the process, not that of the machine.
type FileSink struct {
	file *rotate.File
}

// NewFileSink opens the file.
func NewFileSink(cfg FileConfig) (*FileSink, error) {
	f, err := rotate.Open(rotate.Config(cfg))
	if err != nil {
		return nil, err
	}
	return &FileSink{file: f}, nil
}

// Write implements [Sink].
func (s *FileSink) Write(_ context.Context, r Record) error {
	return s.file.WriteLine(r.JSON)
}

// Close closes the file.
func (s *FileSink) Close() error { return s.file.Close() }
