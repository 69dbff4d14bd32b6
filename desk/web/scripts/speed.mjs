// SPDX-License-Identifier: Apache-2.0

// Measures in Chromium how fast the page of a large trace is: `npm run speed`, or
// `npm run speed -- 1000 50000` for traces of other sizes. What Chromium traced stays in
// .cache/web, for its Performance panel. Beside the time that passed stands that of the
// processor, which says more where the machine has other things to do.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch, usual, watch } from "../e2e/browser.mjs";
import { build, firstLine, workFolder } from "../e2e/desk.mjs";
import { largeTrace, traceId } from "./large.mjs";

/** What may be at most, in ms, of a trace of 100,000 spans. */
const limits = { "first useful paint": 1500, "longest task while scrolling": 100, "search, longest": 300 };

const sizes = process.argv.slice(2).map(Number);
const asked = ["SELECT", "step=99", "url.path=/v1/items/4999", "spark-4", "upstream timed out", "nowhere to be found"];

/** What Chromium traces: tasks, scripts, painting and marks; no pictures, which cost time. */
const categories = ["-*", "toplevel", "devtools.timeline", "blink.user_timing", "v8", "disabled-by-default-v8.gc"];

async function startDesk(file) {
  const child = spawn(join(workFolder, "desk"), ["open", file, "--listen", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await firstLine(child);
  child.stdout.resume();
  const page = /open (http:\S+)/.exec(line)?.[1];
  if (!page) throw new Error(`desk: first line: ${line}`);
  return { page, stop: () => child.kill() };
}

/** Runs in the page before anything else: notes when rows are painted first. */
function observe() {
  window.measured = { painted: 0 };
  const look = () => {
    if (!document.querySelector(".wf-row") || !document.querySelector(".wf-canvas")) return requestAnimationFrame(look);
    const channel = new MessageChannel(); // its message comes after the frame
    channel.port1.onmessage = () => {
      window.measured.painted = performance.now();
      performance.mark("painted");
    };
    channel.port2.postMessage(0);
  };
  requestAnimationFrame(look);
}

/** Runs in the page: scrolls all the way in steps and jumps, and answers the times between frames. */
async function scrollAll() {
  const list = document.querySelector(".wf-list");
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  performance.mark("scroll begins");
  const times = [];
  let last = await frame();
  for (let i = 0; i < 240; i++) {
    if (i % 40 === 39) list.scrollTop = Math.random() * list.scrollHeight;
    else list.scrollTop += 150;
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  performance.mark("scroll ends");
  return times;
}

/** Runs in the page: types a text, and answers how long it took until its matches were painted. */
async function searchFor(text) {
  const field = document.getElementById("find-in-trace");
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const from = performance.now();
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  await frame();
  const took = performance.now() - from;
  return { took, said: document.querySelector(".find [role=status]").textContent };
}

/** Runs in the page: presses a button or key, and answers how long it took until the next frame was painted. */
async function pressing(key) {
  const from = performance.now();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - from;
}

/** The tasks of the page's main thread, in ms: how long they took, and the processor with them. */
function readTasks(file) {
  const { traceEvents } = JSON.parse(readFileSync(file, "utf8"));
  const marks = traceEvents.filter((event) => event.cat?.includes("blink.user_timing"));
  const at = (name) => marks.filter((event) => event.name === name).map((event) => event.ts);
  const main = marks.find((event) => event.name === "painted");
  const tasks = traceEvents
    .filter((event) => event.name === "RunTask" || event.name === "ThreadControllerImpl::RunTask")
    .filter((event) => event.pid === main?.pid && event.tid === main?.tid)
    .map(({ ts, dur = 0, tdur = 0 }) => ({ ts, took: dur / 1000, processor: tdur / 1000 }));
  const [begins, ends] = [at("scroll begins"), at("scroll ends")];
  const scrolling = tasks.filter(({ ts }) => begins.some((begin, i) => ts >= begin && ts < (ends[i] ?? 0)));
  const before = tasks.filter(({ ts }) => ts <= (main?.ts ?? 0));
  return { scrolling, before };
}

const longest = (numbers) => numbers.reduce((most, each) => Math.max(most, each), 0);

function percentile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** How the answer with the trace came. */
function answerOf(name) {
  const entry = performance.getEntriesByType("resource").find((each) => each.name.includes(name));
  return {
    firstByte: entry.responseStart - entry.requestStart,
    whole: entry.responseEnd - entry.requestStart,
    bytes: entry.encodedBodySize,
    text: entry.decodedBodySize,
  };
}

async function measurePage(page, url) {
  await page.addInitScript(observe);
  await page.goto(`${url}/trace/${traceId}`);
  await page.waitForFunction(() => window.measured.painted > 0, undefined, { timeout: 60_000 });
  const early = await page.evaluate(scrollAll);
  await page.waitForFunction(() =>
    performance.getEntriesByType("resource").some((e) => e.name.includes("format=columns")),
  );
  const answer = await page.evaluate(answerOf, "format=columns");
  await page.waitForTimeout(1500);
  const late = await page.evaluate(scrollAll);
  const searches = [];
  for (const text of asked) searches.push(await page.evaluate(searchFor, text));
  await page.evaluate(searchFor, "");
  const folds = [await page.evaluate(pressing, "{"), await page.evaluate(pressing, "}")];
  const flame = await measureFlame(page);
  const { painted } = await page.evaluate(() => window.measured);
  return { painted, frames: [...early, ...late], answer, searches, folds, flame };
}

async function measureFlame(page) {
  const from = await page.evaluate(() => performance.now());
  await page.evaluate(pressing, "2");
  await page.waitForSelector(".flame-canvas");
  const shown = (await page.evaluate(() => performance.now())) - from;
  const zooms = [];
  for (const key of ["+", "+", "+", "-", "0"]) zooms.push(await page.evaluate(pressing, key));
  return { shown, zooms };
}

function figures({ painted, frames, answer, searches, folds, flame }, { scrolling, before }) {
  return {
    "first useful paint": painted,
    "  of that the main thread's processor": before.reduce((sum, task) => sum + task.processor, 0),
    "longest task while scrolling": longest(scrolling.map((task) => task.took)),
    "  of that the processor": longest(scrolling.map((task) => task.processor)),
    "frames while scrolling, 95th": percentile(frames, 0.95),
    "frames while scrolling, longest": longest(frames),
    "search, longest": longest(searches.map((each) => each.took)),
    "collapse and expand all, longer": longest(folds),
    "flame graph shown": flame.shown,
    "flame graph zoomed, longest": longest(flame.zooms),
    "answer, first byte": answer.firstByte,
    "answer, all of it": answer.whole,
    "answer, KB": answer.bytes / 1024,
    "answer as text, KB": answer.text / 1024,
  };
}

async function measure(browser, count) {
  const file = join(workFolder, `large-${count}.json`);
  writeFileSync(file, JSON.stringify(largeTrace(count)));
  const desk = await startDesk(file);
  const context = await browser.newContext(usual);
  const page = await context.newPage();
  const complaints = watch(page, desk.page);
  const traced = join(workFolder, `speed-${count}.json`);
  await browser.startTracing(page, { path: traced, categories });
  try {
    const measured = await measurePage(page, desk.page);
    await browser.stopTracing();
    for (const complaint of complaints) console.log(complaint);
    return figures(measured, readTasks(traced));
  } finally {
    await context.close();
    desk.stop();
  }
}

function print(counts, all) {
  const cell = (text) => String(text).padStart(12);
  console.log(["".padEnd(34), ...counts.map((count) => cell(count.toLocaleString("en")))].join(""));
  for (const name of Object.keys(all[0])) {
    const cells = all.map((each) => cell(each[name].toFixed(0)));
    const limit = limits[name];
    const over = limit && all.some((each) => each[name] > limit) ? "  over" : "";
    console.log([name.padEnd(34), ...cells, limit ? `  at most ${limit}${over}` : ""].join(""));
  }
}

mkdirSync(workFolder, { recursive: true });
build();
const counts = sizes.length > 0 ? sizes : [1000, 10_000, 100_000];
const browser = await launch();
try {
  const all = [];
  for (const count of counts) all.push(await measure(browser, count));
  print(counts, all);
} finally {
  await browser.close();
}
