// SPDX-License-Identifier: Apache-2.0

package env

// The variables, in the order of the README.
var (
	Disabled = add(General, Var{
		Names: []string{"OTEL_SDK_DISABLED"}, Default: "false",
		Doc:   "`true` turns everything into no-ops; the context is still passed on to other services",
		DocZH: "`true` 关闭一切记录；上下文仍会传给其他服务",
	})
	ServiceName = add(General, Var{
		Names: []string{"SIDETRACE_SERVICE_NAME", "OTEL_SERVICE_NAME", "SERVICE_NAME"}, Default: "`unknown_service:` and the program's name",
		DefaultZH: "`unknown_service:` 加程序名",
		Doc:       "name of the service", DocZH: "服务名",
	})
	ResourceAttributes = add(General, Var{
		Names: []string{"OTEL_RESOURCE_ATTRIBUTES"},
		Doc:   "more facts about the process, `key=value,…`", DocZH: "进程的其他属性，`key=value,…`",
	})
	Sub = add(General, Var{
		Names: []string{"SIDETRACE_SUB", "SERVICE_SUB"}, Default: "svc",
		Doc: "subsystem, the beginning of session ids", DocZH: "子系统，会话 id 的开头",
	})
	Location = add(General, Var{
		Names: []string{"SIDETRACE_LOCATION", "SERVICE_LOCATION"}, Default: "src",
		Doc: "data centre, in session ids", DocZH: "机房，写入会话 id",
	})
	Port = add(General, Var{
		Names: []string{"SIDETRACE_PORT", "SERVICE_PORT"}, Default: "none", DefaultZH: "无",
		Doc: "port of the service, in session ids", DocZH: "服务端口，写入会话 id",
	})
	StateDir = add(General, Var{
		Names: []string{"SIDETRACE_STATE_DIR"}, Default: "`$XDG_STATE_HOME/sidetrace` or `~/.local/state/sidetrace`",
		DefaultZH: "`$XDG_STATE_HOME/sidetrace` 或 `~/.local/state/sidetrace`",
		Doc:       "folder for local files", DocZH: "本地文件的目录",
	})
	Level = add(General, Var{
		Names: []string{"SIDETRACE_LEVEL"}, Default: "debug",
		Doc: "lowest level of events that are recorded: `debug`, `info`, `warn` or `error`", DocZH: "记录事件的最低级别：`debug`、`info`、`warn` 或 `error`",
	})
	LogLevel = add(General, Var{
		Names: []string{"OTEL_LOG_LEVEL"}, Default: "error",
		Doc: "what OpenTelemetry says of itself: `error`, `warn`, `info` or `debug`", DocZH: "OpenTelemetry 自身日志的级别：`error`、`warn`、`info` 或 `debug`",
	})

	Enable = add(Sending, Var{
		Names: []string{"OTLP_ENABLE"}, Default: "false",
		Doc: "`true`, `1`, `yes` or `on` turns `OTLP_ENDPOINT` on", DocZH: "`true`、`1`、`yes` 或 `on` 时 `OTLP_ENDPOINT` 生效",
	})
	OriginalEndpoint = add(Sending, Var{
		Names: []string{"OTLP_ENDPOINT"},
		Doc:   "`host:port` of a collector, gRPC; several with commas. The variables below come before it", DocZH: "收集器的 `host:port`，gRPC；多个以逗号分隔。下面的变量优先",
	})
	Endpoint = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_ENDPOINT"},
		Doc:   "URL of a collector for all signals, such as `http://localhost:4318`; several with commas", DocZH: "收集器的 URL，用于所有信号，如 `http://localhost:4318`；多个以逗号分隔",
	})
	TracesEndpoint = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"},
		Doc:   "the same for spans alone, path included", DocZH: "同上，仅用于 span，含路径",
	})
	LogsEndpoint = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"},
		Doc:   "the same for log records (node logs) alone", DocZH: "同上，仅用于日志（节点日志）",
	})
	TracesProtocol = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"}, Default: "`grpc` for port 4317, otherwise `http/protobuf`",
		DefaultZH: "端口 4317 为 `grpc`，否则 `http/protobuf`",
		Doc:       "`grpc` or `http/protobuf`", DocZH: "`grpc` 或 `http/protobuf`",
	})
	LogsProtocol = twin(TracesProtocol, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"},
	})
	TracesHeaders = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"}, Secret: true,
		Doc: "headers of every request to any of the endpoints, `key=value,…`", DocZH: "发往任一端点的每个请求的头，`key=value,…`",
	})
	LogsHeaders = twin(TracesHeaders, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"}, Secret: true,
	})
	TracesTimeout = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTLP_TRACE_TIMEOUT"}, Default: "10000",
		Doc: "time for one request, milliseconds or a duration such as `3s`", DocZH: "单个请求的时限，毫秒数或时长（如 `3s`）",
	})
	LogsTimeout = twin(TracesTimeout, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTLP_TRACE_TIMEOUT"},
	})
	TracesCompression = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"}, Default: "none", DefaultZH: "无",
		Doc: "`gzip`, `zstd` or `none`", DocZH: "`gzip`、`zstd` 或 `none`",
	})
	LogsCompression = twin(TracesCompression, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"},
	})
	TracesCertificate = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"}, Default: "those of the system", DefaultZH: "系统证书",
		Doc: "PEM file of the authorities that may sign the collector's certificate", DocZH: "可为收集器签发证书的机构，PEM 文件",
	})
	LogsCertificate = twin(TracesCertificate, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"},
	})
	TracesClientCertificate = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"},
		Doc:   "PEM file of our own certificate, for mTLS", DocZH: "自身证书，PEM 文件，用于 mTLS",
	})
	LogsClientCertificate = twin(TracesClientCertificate, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"},
	})
	TracesClientKey = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"},
		Doc:   "PEM file of its key", DocZH: "其私钥，PEM 文件",
	})
	LogsClientKey = twin(TracesClientKey, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"},
	})
	TracesInsecure = add(Sending, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"}, Default: "false",
		Doc: "no TLS for gRPC endpoints given without a scheme", DocZH: "未写协议的 gRPC 端点不使用 TLS",
	})
	LogsInsecure = twin(TracesInsecure, Var{
		Names: []string{"OTEL_EXPORTER_OTLP_LOGS_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"},
	})
	TracesExporter = add(Sending, Var{
		Names: []string{"OTEL_TRACES_EXPORTER"}, Default: "`otlp` with an endpoint, otherwise the file", DefaultZH: "有端点时为 `otlp`，否则写文件",
		Doc: "where spans go: `otlp`, `console` or both; or `none`. A file is then written if `SIDETRACE_FILE_DIR` is set", DocZH: "span 的去向：`otlp`、`console` 或两者；或 `none`。此时仅在设置了 `SIDETRACE_FILE_DIR` 时写文件",
	})
	LogsExporter = add(Sending, Var{
		Names: []string{"OTEL_LOGS_EXPORTER"}, Default: "likewise", DefaultZH: "同上",
		Doc: "the same for log records (node logs)", DocZH: "同上，用于日志（节点日志）",
	})

	Sampler = add(Recording, Var{
		Names: []string{"OTEL_TRACES_SAMPLER"}, Default: "parentbased_always_on",
		Doc: "`always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`", DocZH: "`always_on`、`always_off`、`traceidratio`，或加前缀 `parentbased_`",
	})
	SamplerArg = add(Recording, Var{
		Names: []string{"OTEL_TRACES_SAMPLER_ARG"}, Default: "1",
		Doc: "share of traces that `traceidratio` records, 0 to 1", DocZH: "`traceidratio` 的采样比例，0 到 1",
	})
	SpanQueue = add(Recording, Var{
		Names: []string{"OTEL_BSP_MAX_QUEUE_SIZE", "OTLP_TRACE_MAX_QUEUE_SIZE"}, Default: "2048",
		Doc: "spans that wait at most in memory for exporters added in code; others wait in the spool", DocZH: "代码中添加的导出器最多在内存中等待的 span 数；其余在 spool 中等待",
	})
	SpanBatch = add(Recording, Var{
		Names: []string{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTLP_TRACE_MAX_EXPORT_BATCH_SIZE"}, Default: "512",
		Doc: "spans of a request at most", DocZH: "单个请求最多的 span 数",
	})
	SpanDelay = add(Recording, Var{
		Names: []string{"OTEL_BSP_SCHEDULE_DELAY", "OTLP_TRACE_SCHEDULE_DELAY_MILLIS"}, Default: "5000",
		Doc: "time that a span waits for others, milliseconds or a duration; 200 for files", DocZH: "span 等待凑批的时间，毫秒数或时长；写文件时为 200",
	})
	SpanExportTimeout = add(Recording, Var{
		Names: []string{"OTEL_BSP_EXPORT_TIMEOUT", "OTLP_TRACE_EXPORT_TIMEOUT_MILLIS"}, Default: "30000",
		Doc: "time for one export of exporters added in code, milliseconds or a duration", DocZH: "代码中添加的导出器单次导出的时限，毫秒数或时长",
	})
	LogBatch = add(Recording, Var{
		Names: []string{"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"}, Default: "512",
		Doc: "log records of a request at most", DocZH: "单个请求最多的日志数",
	})
	LogDelay = add(Recording, Var{
		Names: []string{"OTEL_BLRP_SCHEDULE_DELAY"}, Default: "1000",
		Doc: "time that a log record waits for others, milliseconds or a duration; 200 for files", DocZH: "日志等待凑批的时间，毫秒数或时长；写文件时为 200",
	})
	AttributeLimit = add(Recording, Var{
		Names: []string{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"}, Default: "128",
		Doc: "attributes of a span; the first ones are kept", DocZH: "单个 span 的属性数；保留最先设置的",
	})
	AttributeLength = add(Recording, Var{
		Names: []string{"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"}, Default: "none", DefaultZH: "不限",
		Doc: "characters of a value", DocZH: "属性值的字符数",
	})
	EventLimit = add(Recording, Var{
		Names: []string{"OTEL_SPAN_EVENT_COUNT_LIMIT"}, Default: "1000",
		Doc: "events of a span; the last ones are kept", DocZH: "单个 span 的事件数；保留最后的",
	})
	LinkLimit = add(Recording, Var{
		Names: []string{"OTEL_SPAN_LINK_COUNT_LIMIT"}, Default: "128",
		Doc: "links of a span", DocZH: "单个 span 的链接数",
	})
	EventAttributeLimit = add(Recording, Var{
		Names: []string{"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"}, Default: "128",
		Doc: "attributes of an event", DocZH: "单个事件的属性数",
	})
	LinkAttributeLimit = add(Recording, Var{
		Names: []string{"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"}, Default: "128",
		Doc: "attributes of a link", DocZH: "单个链接的属性数",
	})

	SpoolDir = add(Spool, Var{
		Names: []string{"SIDETRACE_SPOOL_DIR"}, Default: "`spool` in the service's folder", DefaultZH: "服务目录下的 `spool`",
		Doc: "folder of the spool, with one of each service in it; `none` keeps what waits in memory", DocZH: "spool 的目录，其下每个服务一个目录；`none` 表示仅在内存中等待",
	})
	SpoolMegabytes = add(Spool, Var{
		Names: []string{"SIDETRACE_SPOOL_MAX_MEGABYTES"}, Default: "512",
		Doc: "what waits on disk at most; beyond it the oldest goes, and is counted", DocZH: "磁盘上最多等待的量；超出时丢弃最旧的并计数",
	})
	SpoolAge = add(Spool, Var{
		Names: []string{"SIDETRACE_SPOOL_MAX_AGE"}, Default: "72h",
		Doc: "age at which it goes too, a duration or seconds; 0 keeps it", DocZH: "超过此时长也会丢弃并计数，时长或秒数；0 表示不限",
	})
	SpoolMemory = add(Spool, Var{
		Names: []string{"SIDETRACE_SPOOL_MEMORY_MEGABYTES"}, Default: "32",
		Doc: "what waits in memory at most, while there is no room on disk", DocZH: "磁盘不可用时内存中最多等待的量",
	})
	SpoolSegment = add(Spool, Var{
		Names: []string{"SIDETRACE_SPOOL_SEGMENT_MEGABYTES"}, Default: "8",
		Doc: "size of a file of the spool", DocZH: "spool 单个文件的大小",
	})
	SpoolSync = add(Spool, Var{
		Names: []string{"SIDETRACE_SPOOL_SYNC_INTERVAL"}, Default: "1000",
		Doc: "time between two writes through to the disk, milliseconds or a duration; what is younger a loss of power may take", DocZH: "两次写入磁盘的间隔，毫秒数或时长；断电可能丢失此间隔内的数据",
	})
	RequestBytes = add(Spool, Var{
		Names: []string{"SIDETRACE_OTLP_MAX_REQUEST_BYTES"}, Default: "3670016",
		Doc: "size of a request at most, unless one record alone is larger", DocZH: "单个请求的最大字节数，除非单条记录更大",
	})

	FileDir = add(Files, Var{
		Names: []string{"SIDETRACE_FILE_DIR"}, Default: "without an endpoint, a folder named after the service in the state folder", DefaultZH: "没有端点时，状态目录下以服务命名的目录",
		Doc: "folder of `traces.jsonl` and `logs.jsonl`, OTLP JSON lines; `none` writes none", DocZH: "`traces.jsonl` 与 `logs.jsonl`（OTLP JSON 行）的目录；`none` 不写",
	})
	FileMegabytes = add(Files, Var{
		Names: []string{"SIDETRACE_FILE_MAX_MEGABYTES"}, Default: "100",
		Doc: "size at which a file is set aside", DocZH: "文件达到该大小时轮转",
	})
	FileBackups = add(Files, Var{
		Names: []string{"SIDETRACE_FILE_BACKUPS"}, Default: "5",
		Doc: "files set aside that are kept, of each kind", DocZH: "每种保留的旧文件数",
	})
	NodeLogFile = add(Files, Var{
		Names: []string{"SIDETRACE_NODE_LOG_FILE"}, Default: "none", DefaultZH: "无",
		Doc: "file for the node trace logs, one JSON object a line", DocZH: "节点链路日志文件，每行一个 JSON 对象",
	})
	StreamNodeTypes = add(Files, Var{
		Names: []string{"SIDETRACE_STREAM_NODE_TYPES"}, Default: "message,node-end",
		Doc: "nodes whose start is the first frame of a workflow, by what their ids have before the first `:`", DocZH: "其开始即工作流首帧的节点，按节点 id 首个 `:` 之前的部分",
	})

	Propagators = add(Passing, Var{
		Names: []string{"OTEL_PROPAGATORS"}, Default: "tracecontext,baggage",
		Doc: "also `b3`, `b3multi`, `jaeger`, `xray`, `ottrace`; or `none`", DocZH: "另有 `b3`、`b3multi`、`jaeger`、`xray`、`ottrace`；或 `none`",
	})
	TrustedHosts = add(Passing, Var{
		Names: []string{"SIDETRACE_TRUSTED_HOSTS"}, Default: "loopback and private addresses", DefaultZH: "回环与私有地址",
		Doc: "more hosts that session id, application, user and conversation may be sent to: names, `*.suffix`, addresses, prefixes such as `203.0.113.0/24`, or `*`", DocZH: "另可接收会话 id、应用、用户与会话标识的主机：名字、`*.后缀`、地址、前缀（如 `203.0.113.0/24`）或 `*`",
	})

	OSSType = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_TYPE", "OSS_TYPE"}, Default: "`s3` with a bucket; otherwise `dir`, or `none` if an endpoint is on another machine", DefaultZH: "有存储桶时为 `s3`；否则为 `dir`，若有端点在其他机器上则为 `none`",
		Doc: "where large values go: `s3`, `dir` (a folder) or `none` (they stay)", DocZH: "大字段的去向：`s3`、`dir`（本地目录）或 `none`（留在原处）",
	})
	OSSEndpoint = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_ENDPOINT", "OSS_ENDPOINT"}, Default: "AWS",
		Doc: "address of the S3 service, such as `http://127.0.0.1:9000`", DocZH: "S3 服务地址，如 `http://127.0.0.1:9000`",
	})
	OSSBucket = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_BUCKET", "OSS_BUCKET_NAME"},
		Doc:   "bucket", DocZH: "存储桶",
	})
	OSSRegion = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_REGION", "AWS_REGION"}, Default: "us-east-1 with an endpoint", DefaultZH: "有端点时为 us-east-1",
		Doc: "region", DocZH: "地域",
	})
	OSSAccessKey = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_ID"}, Default: "the AWS SDK's credential chain", DefaultZH: "AWS SDK 的凭证链",
		Doc: "access key", DocZH: "访问密钥 id",
	})
	OSSSecretKey = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_SECRET_ACCESS_KEY", "OSS_ACCESS_KEY_SECRET"}, Secret: true,
		Doc: "its secret", DocZH: "访问密钥",
	})
	OSSPrefix = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_PREFIX"},
		Doc:   "beginning of all keys", DocZH: "所有键的前缀",
	})
	OSSAddressing = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_ADDRESSING"}, Default: "auto",
		Doc: "bucket in the `path` or in the `host` of addresses, or `auto`", DocZH: "存储桶写在地址的 `path` 或 `host` 中，或 `auto`",
	})
	OSSChecksums = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_CHECKSUMS"}, Default: "auto",
		Doc: "AWS checksums: `when_required`, `when_supported` or `auto` (supported at AWS, required elsewhere)", DocZH: "AWS 校验和：`when_required`、`when_supported` 或 `auto`（AWS 用后者，其他用前者）",
	})
	OSSEncryption = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_SSE"}, Default: "the bucket's", DefaultZH: "由存储桶决定",
		Doc: "server-side encryption: `AES256` or `aws:kms`", DocZH: "服务端加密：`AES256` 或 `aws:kms`",
	})
	OSSKMSKey = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_SSE_KMS_KEY_ID"},
		Doc:   "key for `aws:kms`", DocZH: "`aws:kms` 的密钥",
	})
	OSSLinks = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_LINKS"}, Default: "`presigned` when `OSS_TTL` is set, otherwise `s3`", DefaultZH: "设置了 `OSS_TTL` 时为 `presigned`，否则 `s3`",
		Doc: "links in traces: `s3` (s3://bucket/key), `plain` (HTTP) or `presigned` (HTTP, signed; whoever sees it can read)", DocZH: "链路中的链接：`s3`（s3://桶/键）、`plain`（HTTP）或 `presigned`（签名的 HTTP，看到者即可读取）",
	})
	OSSLinkLife = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_LINK_LIFE", "OSS_TTL"}, Default: "86400",
		Doc: "how long a presigned link works, seconds or a duration, at most seven days", DocZH: "签名链接的有效期，秒数或时长，至多七天",
	})
	OSSDir = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_DIR"}, Default: "`objects` in the service's folder", DefaultZH: "服务目录下的 `objects`",
		Doc: "folder for `dir`", DocZH: "`dir` 的目录",
	})
	OSSDirAge = add(Objects, Var{
		Names: []string{"SIDETRACE_OSS_DIR_MAX_AGE"}, Default: "720h",
		Doc: "age at which files of `dir` are removed, a duration or seconds; 0 keeps them", DocZH: "`dir` 中文件的保留时间，时长或秒数；0 表示一直保留",
	})
	OffloadThreshold = add(Objects, Var{
		Names: []string{"SIDETRACE_OFFLOAD_THRESHOLD"}, Default: "5120",
		Doc: "bytes above which a value goes there", DocZH: "超过该字节数的值会被转存",
	})
	OffloadDir = add(Objects, Var{
		Names: []string{"SIDETRACE_OFFLOAD_DIR"}, Default: "a folder for each store in the service's folder", DefaultZH: "服务目录下每个存储各一个目录",
		Doc: "folder that keeps values until they are uploaded; all who share it must upload to the same place", DocZH: "上传前暂存的目录；共用者须上传到同一处",
	})
)

// Section groups variables in the README.
type Section struct{ Title, TitleZH string }

// The sections, in the order of the README.
var (
	General   = Section{"The service", "服务"}
	Sending   = Section{"Sending", "发送"}
	Recording = Section{"Recording", "记录"}
	Spool     = Section{"Waiting", "等待"}
	Files     = Section{"Files", "文件"}
	Passing   = Section{"Other services", "其他服务"}
	Objects   = Section{"Object storage", "对象存储"}
)

// Entry is a variable in its section.
type Entry struct {
	Section Section
	Var     Var
	// Also are names of the same setting for other signals.
	Also []string
}

var table []Entry

func add(s Section, v Var) Var {
	table = append(table, Entry{Section: s, Var: v})
	return v
}

// twin adds to the line of a variable that of another signal.
func twin(of, v Var) Var {
	for i := range table {
		if table[i].Var.Names[0] == of.Names[0] {
			table[i].Also = append(table[i].Also, v.Names[0])
		}
	}
	return v
}

// Table returns all variables in order.
func Table() []Entry { return table }
