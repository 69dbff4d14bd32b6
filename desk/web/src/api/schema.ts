// SPDX-License-Identifier: Apache-2.0

// Made by scripts/types.mjs from the desk's OpenAPI document.

export type Error = {
  error: {
    code: "bad_parameter" | "bad_query" | "bad_file" | "not_found" | "bad_method" | "unauthorized" | "forbidden" | "too_large" | "conflict" | "no_room" | "unsupported" | "busy" | "timed_out" | "internal";
    /** What was wrong and what is allowed. */
    message: string;
    /** Where in the query, in characters from 1. */
    column?: number;
  };
};

/** A span of a trace. */
export type Place = {
  /** 16 hexadecimal digits. */
  spanId: string;
  service: string;
  name: string;
  kind: Kind;
};

export type Kind = "unspecified" | "internal" | "server" | "client" | "producer" | "consumer";

export type Status = "unset" | "ok" | "error";

export type Tokens = {
  input: number;
  output: number;
  total: number;
};

export type Total = {
  count: number;
  /** There may be more. */
  atLeast?: boolean;
};

/** A trace in a few figures. */
export type Trace = {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** Nanoseconds since 1970. */
  start: string;
  /** In ns. */
  duration: number;
  root: Place;
  /** There is a span without a parent, and no parent is missing. */
  whole: boolean;
  spans: number;
  /** Spans that failed. */
  errors: number;
  /** Spans whose parent is missing. */
  orphans: number;
  /** Spans on the longest way down from a root. */
  levels: number;
  logs: number;
  services: ({
    name: string;
    spans: number;
    errors: number;
  })[];
  identity: {
    sid?: string;
    chatId?: string;
    conversation?: string;
    uid?: string;
  };
  entry?: Place;
  tokens?: Tokens;
  /** What the trace has for the query, if asked for. */
  sets?: ({
    /** How many spans. */
    matched: number;
    /** The first of them. */
    spans: (Span)[];
    by?: (unknown)[];
    aggregates?: (number)[];
  })[];
};

export type Span = {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** Nanoseconds since 1970. */
  start: string;
  /** In ns. */
  duration: number;
  service: string;
  name: string;
  kind: Kind;
  status: Status;
  /** 16 hexadecimal digits. */
  parentId?: string;
  /** Of the status. */
  message?: string;
  /** Those of the member fields, in its order. */
  values?: (unknown)[];
};

export type Traces = {
  traces: (Trace)[];
  fields?: (string)[];
  /** The parameter cursor of the next page; missing in the last. */
  next?: string;
  total?: Total;
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type Spans = {
  spans: (Span)[];
  fields?: (string)[];
  /** The parameter cursor of the next page; missing in the last. */
  next?: string;
  total?: Total;
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type DocumentSpan = {
  /** 16 hexadecimal digits. */
  id: string;
  /** "" for none. */
  parent: string;
  name: string;
  service: string;
  kind: Kind;
  status: Status;
  /** Nanoseconds since 1970. */
  start: string;
  /** In ns. */
  duration: number;
  attributes: Record<string, unknown>;
  message?: string;
};

export type SummaryView = {
  traceId: string;
  /** The index of a span in spans; -1 for none. */
  root: number;
  rootService: string;
  rootName: string;
  /** The index of a span in spans; -1 for none. */
  entry: number;
  entryService: string;
  entryName: string;
  /** One of those of categories; "" in an empty trace. */
  category: string;
  code: Badge;
  /** Nanoseconds since 1970. */
  start: string;
  /** Nanoseconds since 1970. */
  end: string;
  duration: number;
  longest: number;
  shortest: number;
  services: ({
    name: string;
    spans: number;
    errors: number;
  })[];
  serviceCount: number;
  spans: number;
  errors: number;
  orphans: number;
  duplicates: number;
  levels: number;
  requests: number;
  categories: Record<string, number>;
  kinds: {
    sync: number;
    async: number;
    internal: number;
    unspecified: number;
  };
  /** Clocks are off. */
  skewed: boolean;
};

export type Category = "messaging" | "async_backend" | "db" | "rpc" | "http" | "other";

export type Class = "model" | "tool" | "agent" | "http" | "rpc" | "async_backend" | "db" | "message" | "other";

/** A status code of HTTP or gRPC. */
export type Badge = {
  /** A value of an attribute: text, a number, true or false, a list, an object, or null. */
  value: unknown;
  failed: boolean;
};

export type TreeView = {
  roots: (number)[];
  /** Every span, each before its children. */
  order: (number)[];
  nodes: ({
    /** The index of a span in spans; -1 for none. */
    parent: number;
    level: number;
    /** The span and what is below it. */
    size: number;
    /** Index in services. */
    service: number;
    /** Equal for spans of equal name and service. */
    similar: number;
    /** Time in which no child was under way, in ns. */
    self: number;
    class: Class;
    category: Category;
    source: string;
    badge?: Badge;
    marks?: ("orphan" | "selfParent" | "cycleCut" | "duplicate" | "inferred")[];
  })[];
  services: (string)[];
  /** Those of the services. */
  classes: (Class)[];
  /** Spans that another with the same id replaced. */
  replaced: number;
  orphans: number;
};

export type WaterfallView = {
  /** Nanoseconds since 1970. */
  start: string;
  /** Nanoseconds since 1970. */
  end: string;
  rows: ({
    /** The index of a span in spans; -1 for none. */
    node: number;
    depth: number;
    /** From the start, in ns. */
    offset: number;
    duration: number;
    /** How far the row was moved for its clock, in ns. */
    shift: number;
    skewed: boolean;
    stage: number;
    group: number;
    source: string;
  })[];
  stages: (({
    /** The index of a span in spans; -1 for none. */
    caller: number;
    /** The index of a span in spans; -1 for none. */
    callee: number;
    request: number;
    response: number;
  })[]) | null;
  groups: (({
    members: (number)[];
    duration: number;
  })[]) | null;
  cards: (({
    type: "service" | "error" | "longest";
    service: string;
    count: number;
    duration: number;
    class?: Class;
  })[]) | null;
  skewed: boolean;
};

export type FlameView = {
  frames: (({
    /** The index of a span in spans; -1 for none. */
    node: number;
    parent: number;
    /** In ns. */
    value: number;
    self: number;
    parallel: number;
    /** The index of a span in spans; -1 for none. */
    sibling: number;
  })[]) | null;
};

export type SequenceView = {
  participants: (({
    name: string;
    type: "outside" | "component" | "endpoint" | "database";
    component: string;
  })[]) | null;
  messages: (({
    from: number;
    to: number;
    /** The index of a span in spans; -1 for none. */
    node: number;
    arrow: string;
    /** The index of a span in spans; -1 for none. */
    caller: number;
    text: string;
    parallel: number;
    block: number;
    group: number;
  })[]) | null;
  blocks: (({
    parent: number;
  })[]) | null;
  groups: ({
    members: (number)[];
    value: number;
    /** Nanoseconds since 1970. */
    start: string;
    duration: number;
  })[];
};

export type TopologyView = {
  nodes: (({
    nodes: (number)[];
    duration: number;
  })[]) | null;
  edges: (({
    source: number;
    target: number;
  })[]) | null;
};

export type ServicesView = {
  nodes: (({
    key: string;
    role: "service" | "interface" | "component";
    name: string;
    class: Class;
    root: boolean;
    spans: (number)[];
    count: number;
    errors: number;
    /** In ns. */
    duration: number;
  })[]) | null;
  edges: (({
    source: number;
    target: number;
    spans: (number)[];
    count: number;
    errors: number;
    /** In ns. */
    duration: number;
  })[]) | null;
};

export type StatisticsRow = {
  cells: ((unknown)[]) | null;
  count: number;
  errors: number;
  sum: number;
  average: number;
  min: number;
  max: number;
  p50: number;
  p95: number;
  p99: number;
  /** None is a call. */
  interval: boolean;
};

export type StatisticsView = {
  by: ((string)[]) | null;
  rows: ((StatisticsRow)[]) | null;
};

export type FindingsView = ({
  kind: string;
  severity: "info" | "warning" | "critical";
  title: string;
  advice: string;
  /** Title and advice in other languages, by their tags. */
  translations: {
    "zh-CN": {
      title: string;
      advice: string;
    };
  };
  nodes: (number)[];
  count: number;
  places: number;
  /** In ns. */
  cost: number;
  /** The cost is the time that could be saved, not that of the spans. */
  savable?: boolean;
  tokens?: number;
  shift?: number;
  more?: number;
})[];

export type PathView = ({
  /** The index of a span in spans; -1 for none. */
  node: number;
  /** Nanoseconds since 1970. */
  start: string;
  /** Nanoseconds since 1970. */
  end: string;
  self: number;
})[];

/** What a run of an agent took: tokens, money, calls, first frames, and its nodes. */
export type RunView = {
  usage: Usage;
  nodes: ((Record<string, unknown>)[]) | null;
  models: ((Record<string, unknown>)[]) | null;
  agents: ((Record<string, unknown>)[]) | null;
  calls: ((Record<string, unknown>)[]) | null;
  cost: Record<string, unknown>;
  /** The beginning of what was asked, where records or messages say so. */
  question?: string;
  warnings?: (string)[];
  modelCalls: unknown;
  toolCalls: unknown;
  firstFrame: unknown;
  modelWall: unknown;
  toolWall: unknown;
};

/** Money. */
export type Amount = {
  currency: string;
  /** Billionths. */
  nano: number;
};

/** What runs of agents took. */
export type Runs = {
  runs: ({
    /** 32 hexadecimal digits. */
    traceId: string;
    /** The beginning of what was asked, where records or messages say so. */
    question?: string;
    /** In ns after the start of the trace; -1 for none. What tools answer is none. */
    firstFrame: number;
    usage: Usage;
    /** The run failed as a whole: its root, an agent or the server's side of a call did, and not only below a tool. */
    failed?: boolean;
    cost: {
      /** By the price table; while unpriced is not 0 a lower bound. */
      computed?: (Amount)[];
      /** What spans said themselves. */
      reported?: (Amount)[];
      /** Calls without a price. */
      unpriced: number;
    };
  })[];
};

export type Usage = {
  input: number;
  output: number;
  cached: number;
  cacheWritten: number;
  reasoning: number;
  total: number;
};

/** A trace and views of it. The member services has the names of services, or the view of that name where it is asked for. */
export type Document = {
  traceId: string;
  /** The name of the view, or views for several. */
  view: string;
  /** Missing with spans=none. */
  spans?: (DocumentSpan)[];
  summary?: SummaryView;
  tree?: TreeView;
  waterfall?: WaterfallView;
  flame?: FlameView;
  sequence?: SequenceView;
  topology?: TopologyView;
  statistics?: StatisticsView;
  findings?: FindingsView;
  path?: PathView;
  run?: RunView;
  services?: (string)[] | ServicesView;
  /** Views by name. */
  views?: {
    summary?: SummaryView;
    tree?: TreeView;
    waterfall?: WaterfallView;
    flame?: FlameView;
    sequence?: SequenceView;
    topology?: TopologyView;
    services?: ServicesView;
    statistics?: StatisticsView;
    findings?: FindingsView;
    path?: PathView;
    run?: RunView;
  };
};

/** TracesData and LogsData in the JSON of OTLP. */
export type OTLP = {
  resourceSpans: (Record<string, unknown>)[];
  resourceLogs?: (Record<string, unknown>)[];
};

/** As Jaeger's first API answers. */
export type Jaeger = {
  data: (Record<string, unknown>)[];
  total: number;
  limit: number;
  offset: number;
  errors: unknown;
};

export type Difference = {
  nodes: ({
    parent: number;
    depth: number;
    /** The index of a span in spans; -1 for none. */
    baseline: number;
    /** The index of a span in spans; -1 for none. */
    comparison: number;
    change: "added" | "removed" | "changed" | "unchanged";
    /** In percent. */
    delta: (number) | null;
    baselineDuration: number;
    comparisonDuration: number;
  })[];
  levels: ({
    unchanged: number;
    changed: number;
    added: number;
    removed: number;
    similarity: (number) | null;
  })[];
  similar: boolean;
};

/** The nodes of flame and topology are indexes in diff.nodes; the spans are those of the view diff. */
export type Comparison = {
  view: "diff" | "flame" | "topology" | "statistics";
  diff: Difference;
  baseline?: {
    traceId: string;
    services: (string)[];
    spans: (DocumentSpan)[];
  };
  comparison?: {
    traceId: string;
    services: (string)[];
    spans: (DocumentSpan)[];
  };
  flame?: FlameView;
  topology?: TopologyView;
  statistics?: {
    by: (string)[];
    rows: (({
      change: string;
      baseline: (StatisticsRow) | null;
      comparison: (StatisticsRow) | null;
    })[]) | null;
  };
};

export type Services = {
  services: ({
    name: string;
    /** How many spans. */
    count: number;
    /** How many of them failed. */
    errors: number;
    /** In ns. */
    average?: number;
    /** In ns. */
    p50?: number;
    /** In ns. */
    p90?: number;
    /** In ns. */
    p95?: number;
    /** In ns. */
    p99?: number;
  })[];
};

export type Operations = {
  operations: ({
    service: string;
    name: string;
    kind: Kind;
    /** How many spans. */
    count: number;
    /** How many of them failed. */
    errors: number;
    /** In ns. */
    average?: number;
    /** In ns. */
    p50?: number;
    /** In ns. */
    p90?: number;
    /** In ns. */
    p95?: number;
    /** In ns. */
    p99?: number;
  })[];
};

export type Fields = {
  fields: ({
    /** As it is written in queries. */
    field: string;
    scope: "intrinsic" | "span" | "resource" | "event" | "link" | "instrumentation";
    key: string;
    types: ("string" | "bool" | "int" | "double" | "bytes" | "list" | "map" | "empty" | "duration" | "status" | "kind" | "id")[];
    /** How many there are. */
    values?: number;
  })[];
  more?: number;
};

export type Value = {
  /** A value of an attribute: text, a number, true or false, a list, an object, or null. */
  value: unknown;
  type: string;
  /** Spans that have it. */
  count: number;
  /** Of the spans that have the field. */
  percent: number;
};

export type FieldValues = {
  field: string;
  distinct: Total;
  /** Spans that match the query. */
  spans: number;
  /** Of these have the field. */
  having: number;
  /** Of these have the field. */
  percent: number;
  values: (Value)[];
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type FieldStatistics = {
  field: string;
  distinct: Total;
  /** Spans that match the query. */
  spans: number;
  /** Of these have the field. */
  having: number;
  /** Of these have the field. */
  percent: number;
  /** Of the numbers among the values; missing if there are none, or too many different ones. */
  numeric?: {
    min: number;
    max: number;
    average: number;
    median: number;
  };
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type FieldTop = {
  fields: (FieldValues)[];
};

export type Point = {
  /** Nanoseconds since 1970. */
  time: string;
  /** How many spans. */
  count: number;
  /** How many of them failed. */
  errors: number;
  /** In ns. */
  average?: number;
  /** In ns. */
  p50?: number;
  /** In ns. */
  p90?: number;
  /** In ns. */
  p95?: number;
  /** In ns. */
  p99?: number;
};

export type Series = {
  by: (unknown)[];
  /** How many spans. */
  count: number;
  /** How many of them failed. */
  errors: number;
  points: (Point)[];
  /** In ns. */
  average?: number;
  /** In ns. */
  p50?: number;
  /** In ns. */
  p90?: number;
  /** In ns. */
  p95?: number;
  /** In ns. */
  p99?: number;
};

export type Bucket = {
  low: number;
  /** Not in the bucket. */
  high: number;
  count: number;
};

export type FieldGraph = {
  kind: "series" | "values" | "histogram";
  field: string;
  step?: number;
  /** Nanoseconds since 1970. */
  from?: string;
  /** Nanoseconds since 1970. */
  to?: string;
  series?: (Series)[];
  values?: (Value)[];
  buckets?: (Bucket)[];
  more?: number;
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type Durations = {
  of: "spans" | "traces";
  /** How many spans. */
  count: number;
  /** How many of them failed. */
  errors: number;
  /** In ns. A duration within a hundredth of a bound may be counted on its other side. */
  buckets: (Bucket)[];
  /** In ns. */
  average?: number;
  /** In ns. */
  p50?: number;
  /** In ns. */
  p90?: number;
  /** In ns. */
  p95?: number;
  /** In ns. */
  p99?: number;
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type Scatter = {
  traces: ({
    /** 32 hexadecimal digits. */
    traceId: string;
    /** Nanoseconds since 1970. */
    start: string;
    duration: number;
    spans: number;
    errors: number;
    service: string;
    name: string;
  })[];
  /** Traces that match. */
  total: number;
  /** Of these failed. */
  failed: number;
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type Statistics = {
  /** Nanoseconds since 1970. */
  from: string;
  /** Nanoseconds since 1970. */
  to: string;
  /** In ns. */
  step: number;
  by: (string)[];
  series: (Series)[];
  /** Series that were left out. */
  more?: number;
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type Map = {
  services: ({
    name: string;
    spans: number;
    errors: number;
  })[];
  calls: ({
    caller: string;
    callee: string;
    kind: Kind;
    /** How many spans. */
    count: number;
    /** How many of them failed. */
    errors: number;
    /** In ns. */
    average?: number;
    /** In ns. */
    p50?: number;
    /** In ns. */
    p90?: number;
    /** In ns. */
    p95?: number;
    /** In ns. */
    p99?: number;
  })[];
};

export type Logs = {
  logs: ({
    /** Nanoseconds since 1970. */
    time: string;
    /** The number of OTLP: 9 is INFO, 17 ERROR. */
    severity: number;
    service: string;
    /** A value of an attribute: text, a number, true or false, a list, an object, or null. */
    body: unknown;
    attributes: ({
      key: string;
      /** A value of an attribute: text, a number, true or false, a list, an object, or null. */
      value: unknown;
    })[];
    /** 32 hexadecimal digits. */
    traceId?: string;
    /** 16 hexadecimal digits. */
    spanId?: string;
    severityText?: string;
    eventName?: string;
    /** The body is a record of the nodes of a request. */
    record?: boolean;
  })[];
  next?: string;
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type Session = {
  id: string;
  by: "sid" | "chat" | "conversation";
  traces: number;
  spans: number;
  /** Traces that failed. */
  errors: number;
  logs: number;
  /** Nanoseconds since 1970. */
  first: string;
  /** Nanoseconds since 1970. */
  last: string;
  /** Of all traces together, in ns. */
  duration: number;
  tokens: Tokens;
  services: (string)[];
  /** That of the root of the newest trace. */
  name: string;
  /** The id of the oldest trace: 32 hexadecimal digits. */
  firstTrace: string;
  users?: (string)[];
};

export type Sessions = {
  sessions: (Session)[];
  total: number;
  next?: string;
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type SessionTraces = {
  session: Session;
  /** The oldest first. */
  traces: (Trace)[];
  /** How many were looked at. */
  scanned?: {
    traces: number;
    spans: number;
  };
  /** Not everything was looked at: there may be more. */
  partial?: boolean;
  /** What was left out, and why. */
  warnings?: (string)[];
};

export type Query = {
  valid: boolean;
  error?: {
    code: "bad_parameter" | "bad_query" | "bad_file" | "not_found" | "bad_method" | "unauthorized" | "forbidden" | "too_large" | "conflict" | "no_room" | "unsupported" | "busy" | "timed_out" | "internal";
    /** What was wrong and what is allowed. */
    message: string;
    /** Where in the query, in characters from 1. */
    column?: number;
  };
  /** The query in TraceQL, in the one way to write it. */
  query?: string;
  /** What it selects. */
  fields?: (string)[];
  /** Spans match depending on others. */
  needsTrace?: boolean;
  /** The query as conditions that all hold for one span, if it is simple. */
  conditions?: (Condition)[];
  /** Whether the query is no more than the conditions. */
  simple: boolean;
  /** The filters as a query string. */
  lucene?: string;
};

export type SavedTrace = {
  traceId: string;
  name: string;
  /** When, in nanoseconds since 1970. */
  saved: string;
  spans: number;
};

export type SavedTraces = {
  /** By name. */
  traces: (SavedTrace)[];
  /** How many there may be. */
  max: number;
  warnings?: (string)[];
};

export type Condition = {
  /** As it is written in queries. */
  field: string;
  op: "=" | "!=" | ">" | ">=" | "<" | "<=" | "=~" | "!~" | "like" | "in" | "exists";
  /** It must not hold. */
  not?: boolean;
  /** Several for in, none for exists, else one. */
  values?: ({
    type: "string" | "int" | "double" | "bool" | "duration" | "status" | "kind";
    /** The value, a string without quotes. */
    text: string;
  })[];
};

export type Destination = {
  kind: "trace" | "session" | "query" | "text";
  traceId?: string;
  spanId?: string;
  session?: string;
  /** What finds the text, in TraceQL. */
  query?: string;
  /** It is there. */
  found: boolean;
};

export type Imported = {
  /** The first 1000 by start. */
  traces: ({
    traceId: string;
    /** Of its first span in the file. */
    start?: string;
    spans: number;
    logs: number;
  })[];
  /** How many traces are not listed. */
  more?: number;
  spans: number;
  logs: number;
  /** How many problems cost a span, a log record or a line. */
  skipped?: number;
  warnings?: (string)[];
};

export type StatusAnswer = {
  version: string;
  /** Where services send to by OTLP over HTTP, such as http://127.0.0.1:4318; missing: nothing is received there. */
  endpoint?: string;
  /** Nanoseconds since 1970. */
  now: string;
  capabilities: (string)[];
  kept?: {
    traces: number;
    spans: number;
    logs: number;
    /** Nanoseconds since 1970. */
    oldest?: string;
    /** Nanoseconds since 1970. */
    newest?: string;
    bytes?: number;
  };
};

/** The query parameters of each path. */
export type Asked = {
  "/traces": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    order?: "newest" | "oldest" | "longest";
    limit?: number;
    cursor?: string;
    total?: boolean;
    spans?: number;
    field?: (string)[];
  };
  "/spans": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    order?: "newest" | "oldest" | "longest";
    limit?: number;
    cursor?: string;
    total?: boolean;
    field?: (string)[];
  };
  "/traces/{id}": {
    from?: string;
    to?: string;
    view?: string;
    format?: string;
    span?: (string)[];
    spans?: "all" | "none";
    inferred?: boolean;
    download?: boolean;
    align?: "true" | "false";
    by?: (string)[];
    service?: string;
    failed?: boolean;
    keyword?: string;
    slowest?: boolean;
  };
  "/compare": {
    baseline?: string;
    comparison?: string;
    view?: "diff" | "flame" | "topology" | "statistics";
    align?: "true" | "false";
    by?: (string)[];
    service?: string;
    failed?: boolean;
    keyword?: string;
    slowest?: boolean;
  };
  "/services": {
    from?: string;
    to?: string;
  };
  "/operations": {
    from?: string;
    to?: string;
    service?: (string)[];
    kind?: Kind;
  };
  "/fields": {
    from?: string;
    to?: string;
    contains?: string;
    scope?: "intrinsic" | "span" | "resource" | "event" | "link" | "instrumentation";
    limit?: number;
  };
  "/fields/values": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    field?: string;
    contains?: string;
    limit?: number;
  };
  "/fields/top": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    field?: (string)[];
    k?: number;
    format?: "json" | "csv";
  };
  "/fields/statistics": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    field?: string;
  };
  "/fields/graph": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    field?: string;
    as?: "auto" | "series" | "histogram";
    k?: number;
    intervals?: number;
    step?: string;
  };
  "/durations": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    of?: "spans" | "traces";
    intervals?: number;
    scale?: "log" | "linear";
  };
  "/runs": {
    trace?: (string)[];
  };
  "/scatter": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    limit?: number;
  };
  "/statistics": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    step?: string;
    by?: (string)[];
    limit?: number;
  };
  "/map": {
    from?: string;
    to?: string;
    service?: string;
  };
  "/logs": {
    from?: string;
    to?: string;
    trace?: string;
    span?: string;
    session?: string;
    contains?: string;
    severity?: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
    order?: "newest" | "oldest";
    limit?: number;
    cursor?: string;
  };
  "/sessions": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    from?: string;
    to?: string;
    by?: "sid" | "chat" | "conversation";
    limit?: number;
    cursor?: string;
  };
  "/sessions/{id}": {
    from?: string;
    to?: string;
  };
  "/query": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
    conditions?: string;
  };
  "/find": {
    text?: string;
  };
  "/objects": {
    url?: string;
    limit?: number;
  };
  "/import": {
  };
  "/saved": {
    trace?: string;
    name?: string;
  };
  "/saved/{id}": {
  };
  "/status": {
  };
  "/openapi.json": {
  };
  "/live": {
    q?: string;
    lucene?: string;
    filters?: string;
    service?: string;
    name?: string;
    kind?: Kind;
    status?: Status;
    minDuration?: string;
    maxDuration?: string;
    session?: string;
  };
};
