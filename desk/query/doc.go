// SPDX-License-Identifier: Apache-2.0

// Package query finds spans and traces: one tree of conditions, written as
// TraceQL, or translated from the filter lists and query strings of BlueKing
// APM.
//
// [Parse] reads TraceQL, [ParseFilters] with [FromFilters] a filter list and
// [ParseQueryString] a query string, whose conditions [Where] makes queries of.
// [Compile] makes a [Program] of a query, which matches spans in memory, and
// [Query.Hints] says what a store can know before it reads any span.
//
// # The language
//
// A query is a pipeline. Its first part selects spans:
//
//	{ resource.service.name = "web" && span.http.status_code >= 500 && duration > 1s }
//	{ name = "plan" } >> { status = error } | count() > 2 | select(span.url.full)
//
// Conditions are made of a field, an operator and a literal. Fields are
// attributes (span.x, resource.x, event.x, link.x, instrumentation.x, and .x for
// the first of span, resource and instrumentation that has it; names with other
// characters in quotes: span."a b") or belong to every span or trace:
//
//	name status statusMessage kind duration          also span:name and so on
//	span:id span:parentID span:childCount            ids as hexadecimal text of either case, root spans have the parent ""
//	event:name event:timeSinceStart link:traceID link:spanID
//	instrumentation:name instrumentation:version
//	traceDuration rootName rootServiceName trace:id  also trace:duration, trace:rootName, trace:rootService
//
// Beyond TraceQL:
//
//	span:start span:end event:time                   nanoseconds since 1970
//	span:traceState link:traceState
//	trace:start trace:end trace:spanCount trace:serviceCount trace:errorCount trace:depth
//	trace:maxDuration trace:minDuration              of the spans of the trace
//	trace:rootID trace:rootKind trace:entryID trace:entryName trace:entryService trace:entryKind
//	any                                              every text, id and attribute value of the span
//
// and the shorthands of agents, which read an attribute under each of the names
// that instrumentations give it:
//
//	tokens        input and output tokens, or the total where neither is said
//	ttft          the time to the first token or frame
//	session       the sid or the id of the conversation
//	chat model tool agent node.id node.name node.type service
//	error         whether the span failed
//
// The entry is the span of kind server or consumer with the fewest ancestors,
// of several the one that starts first; the root is the first span without a
// parent, or if all have one, the first whose parent is missing.
//
// Operators are = != > >= < <= and =~ !~ for regular expressions (RE2, over the
// whole text, in which a dot is any character); beyond TraceQL also like, with *
// and ? as wildcards over the whole text, and in with a list:
//
//	{ name like "GET *" && kind in (server, consumer) }
//
// Literals are strings in double quotes or backquotes, integers (also 20k, 3M,
// 1G, minInt, maxInt), floats, true and false, durations from ns to h (1.5s,
// 1h30m), status codes (error, ok, unset), kinds (server, client, producer,
// consumer, internal, unspecified), and nil: x = nil holds where x is missing.
//
// Conditions are joined by &&, || and !. As in TraceQL, && and || bind equally
// and group from the left: a || b && c is (a || b) && c. Relations bind
// tighter.
//
// # How values compare
//
// Numbers compare with numbers by their exact value, whether they are integers,
// floats or durations, which count as nanoseconds. An attribute that is a string
// which spells a decimal number compares with a number literal as that number;
// a number never compares with a string literal. Strings compare byte by byte,
// so in their case. Ids compare as ids: of either case, with or without leading
// zeros.
//
// A missing attribute makes every comparison false, != and !~ too, as in
// TraceQL, and so does a value whose type does not compare with the literal; !( )
// around a comparison holds for both. Of a list, = and the other positive
// operators ask for one element, != and !~ for none that is equal or matches. A
// shorthand of which a span has several values, such as two session ids, is like
// a list of them.
//
// # Events and links
//
// Conditions on events that && joins speak of one event, also where a bracket of
// such conditions stands among them; the same holds for links:
//
//	{ event:name = "exception" && event.exception.type = "Timeout" }
//
// A bracket that mixes in something else stands for itself, and so does what !
// stands before. some( ) makes a group of its own, in which ! too speaks of the
// event:
//
//	{ some(event:name = "retry") && some(event:name = "exception" && !(event.exception.type = "Timeout")) }
//
// event.x = nil alone says that no event has x; next to other conditions it
// speaks of their event.
//
// # Sets of spans
//
// {a} && {b} are the spans of both where both have some, {a} || {b} those of
// either. The other operators select spans of the right side by their relation
// to one of the left: >> below, > directly below, << above, < directly above,
// ~ with the same parent. With & in front (&>>) the related spans of both sides
// are selected, with ! (!>>) those of the right that are not related.
//
// The stages after | keep or drop the set, or look at it: another set expression
// keeps the spans that it selects; count() > n and avg, min, max, sum of a field
// compare; by(field) divides; select(field, …) names the fields to return. An
// empty set is dropped at once, so count() = 0 never holds; an aggregate over
// spans none of which has the field is dropped as well.
//
// A trace that names a span id twice is seen as one place in the tree with
// several spans. Cycles of parents are cut above the span that starts first.
package query
