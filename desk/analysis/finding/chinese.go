// SPDX-License-Identifier: Apache-2.0

package finding

// chinese is what phrases are in Simplified Chinese; those that are missing are
// the same in both languages.
var chinese = map[string]string{
	// Parts of titles
	", ":                    "、",
	", then ":               "，然后 ",
	" and ":                 " 和 ",
	"twice":                 "2 次",
	"%d times":              "%d 次",
	"span":                  "个 Span ",
	"parent":                "个父 Span ",
	"token":                 "个 Token",
	"other place":           "处",
	"%s and %s together":    "%s 和 %s 同时",
	"between %s and %s":     "位于 %s 与 %s 之间",
	": %s":                  "：%s",
	" and %s":               " 和 %s",
	"one instance of %s":    "%s 的一个实例",
	"another":               "另一个实例",
	"behind":                "慢",
	"ahead of":              "快",
	"; the same at %s":      "；另有 %s同样如此",
	", together costing %s": "，合计 %s",

	// Retries
	"%s succeeded at the %s attempt, %s after the first began": "%s 在第 %s 次尝试时成功，距首次开始 %s",
	"%s failed at all %d attempts in %s":                       "%s 的 %d 次尝试全部失败，共 %s",
	", without a pause":                                        "，其间没有停顿",
	", with pauses that grew from %s to %s":                    "，停顿从 %s 增至 %s",
	", with a pause of %s":                                     "，停顿 %s",
	", with pauses of %s at first and %s at last":              "，停顿起初 %s，最后 %s",
	"Look at why the first attempt fails, as everything behind it waits for the next one.":                                  "查明首次尝试失败的原因，其后的一切都在等待下一次尝试。",
	"Look at the error itself, and try again only what may succeed the next time.":                                          "先看错误本身，只重试下次可能成功的操作。",
	"Wait before trying again, each time longer, as an attempt right after a failure most often fails for the same reason.": "重试前先等待，且逐次延长：失败后立即重试，多半因同样的原因再次失败。",

	// Errors
	"%s failed":                           "%s 失败",
	"; %s above it failed too, up to %s":  "；其上 %s也随之失败，直至 %s",
	"; nothing is above it":               "；其上没有 Span",
	", and a later attempt succeeded":     "，之后的尝试成功",
	"; %s, which called it, did not fail": "；调用它的 %s 没有失败",
	", which answered with a status of success, so that %s could not know":                                    "，它却以成功状态应答，%s 无从得知",
	"Nothing failed for the caller, but look at it if it happens often.":                                      "调用方未受影响；若经常发生，请查看。",
	"Begin here: the spans above failed because of this one.":                                                 "从这里查起：其上的 Span 因它而失败。",
	"Begin here, and answer with a status of 400 or more where a request fails, or callers take it for done.": "从这里查起；请求失败时应以 400 或更大的状态应答，否则调用方会以为已完成。",
	"Check that its caller means to go on without the result.":                                                "确认调用方确实打算在没有结果时继续。",

	// Agents that do not get on
	"the agent called %s %s with equal arguments and got the same each time: %s again":                    "Agent 调用 %s %s，参数相同，每次结果也相同：多用 %s",
	"the agent called %s in turn, %s with equal arguments":                                                "Agent 轮流调用 %s，以相同参数各 %s",
	"the agent called %s %s in a row with equal arguments":                                                "Agent 以相同参数连续调用 %s %s",
	"; what it got was not recorded: %s after the first turn":                                             "；结果未记录：首轮之后用去 %s",
	" and got the same each time: %s after the first turn":                                                "，每次结果相同：首轮之后用去 %s",
	"Keep the result in the conversation, or cache it, as nothing changed in between.":                    "把结果留在对话中，或加以缓存，因为其间没有任何变化。",
	"Tell the model what it has tried already, and end the run when a call repeats without a new result.": "告诉模型它已试过什么；调用重复而没有新结果时，结束运行。",

	// Calls
	"%s ran %s one after the other below %s: %s, on average %s":                                                "%s 在 %[3]s 之下依次执行 %[2]s：共 %[4]s，平均 %[5]s",
	"%s asked for the same %s in %s: %s":                                                                       "%s 在 %[3]s 内 %[2]s请求相同的内容：%[4]s",
	"%s: %s one after the other, %s at once":                                                                   "%s：依次执行 %s，同时执行 %s",
	"tools that the model asked for together, %s":                                                              "模型一次要求的多个工具，%s",
	"Ask for all of it in one query, such as with IN, a join or a batch, or at least run the queries at once.": "用一次查询取回全部，例如 IN、JOIN 或批量，至少让查询同时执行。",
	"Send all texts in one request, as the interfaces of embedding models take lists.":                         "把所有文本放在一次请求中，向量化模型的接口接受列表。",
	"Ask for all of it in one call if the other side has one, or at least make the calls at once.":             "若对方支持，用一次调用取回全部，至少让调用同时进行。",
	"Ask once and pass the answer on, or keep it for the length of the request.":                               "只请求一次并传递结果，或在请求期间保留它。",
	"Run the tools that a model asks for in one answer at once.":                                               "模型在一次回答中要求的工具应同时执行。",
	"Make these calls at once, if none of them needs the result of another.":                                   "若互不依赖结果，让这些调用同时进行。",

	// Where time went
	"%d of %d spans make up the %s of %s: %s":         "%[2]d 个 Span 中的 %[1]d 个构成 %[4]s 的 %[3]s：%[5]s",
	"%s took %s itself, %s of the critical path":      "%s 自身耗时 %s，占关键路径的 %s",
	"%s began to answer after %s, %s of its %s":       "%s 在 %s 后才开始回答，占其 %[4]s 的 %[3]s",
	"nothing was recorded for %s, %s":                 "有 %s 没有任何记录，%s",
	"nothing was recorded for %s of the %s of %s, %s": "%[3]s 的 %[2]s 中有 %[1]s 没有任何记录，%[4]s",
	"%s ended %s after its parent %s":                 "%s 比其父 %[3]s 晚 %[2]s 结束",
	", which had failed":                              "，而后者已失败",
	", having begun after it":                         "，且在其后才开始",
	"Make these spans faster, or take them out of the way, as nothing else shortens the trace.":                                          "加快这些 Span，或将其移出关键路径；别的都不会缩短此 Trace。",
	"Ask a faster model, for a shorter answer or with a shorter prompt, before anything else.":                                           "首先换用更快的模型，或缩短回答或提示词。",
	"Put spans around what it does between its calls, as most of its time is its own.":                                                   "为它在各调用之间所做的事加上 Span，因为大部分时间是它自己的。",
	"Begin with this span, as no other one weighs as much.":                                                                              "从这个 Span 入手，其他都没有它重。",
	"Shorten the prompt or keep its beginning the same so that the model's cache can serve it, or show the user what happens meanwhile.": "缩短提示词，或保持其开头不变以命中模型的缓存，或让用户看到其间的进展。",
	"Look for what is missing here: a service without instrumentation, or a message that waited.":                                        "查找这里缺失的部分：未接入追踪的服务，或等待中的消息。",
	"Put a span around what happens here, or take out the wait.":                                                                         "为这里发生的事加上 Span，或去掉等待。",
	"End the work when the caller gives up, by passing its deadline or cancellation on.":                                                 "传递调用方的期限或取消，使其放弃时工作也结束。",
	"Start it as a trace of its own with a link, if nobody waits for it.":                                                                "若无人等待，让它以链接另起一条 Trace。",
	"End the parent when its work is done, or give what nobody waits for a link instead of a parent.":                                    "父 Span 应在其工作完成时结束；无人等待的工作应以链接代替父级。",

	// What was recorded
	"the clock of %s is %s %s that of %s":                                                                   "%s 的时钟比 %[4]s %[3]s %[2]s",
	"%s name %s not in the trace":                                                                           "%s的 %s不在此 Trace 中",
	"%s names %s not in the trace":                                                                          "%s的 %s不在此 Trace 中",
	"%d spans name themselves or each other as parents":                                                     "%d 个 Span 把自己或彼此记为父级",
	"%d span names itself or a span below it as its parent":                                                 "%d 个 Span 把自己或其下级记为父级",
	"%s of %s is kept in object storage: %s":                                                                "%[2]s 的 %[1]s 位于对象存储：%[3]s",
	"Keep the clocks of both hosts by NTP, and compare times of these services with care.":                  "用 NTP 校准两台主机的时钟；比较这些服务的时间时要谨慎。",
	"Wait for late spans, then look for a service whose spans are sampled away, dropped or sent elsewhere.": "等待迟到的 Span，再查找其 Span 未被采样、被丢弃或发往别处的服务。",
	"Look at what makes the ids, as two spans seem to have got the same one.":                               "检查 ID 的生成方式，似乎有两个 Span 的 ID 相同。",
	"Open the link to read the value; it is not part of the span.":                                          "打开链接查看该值；它不在 Span 之中。",
}
