// SPDX-License-Identifier: Apache-2.0

// A real desk with the demo's traces, built from this repository.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The repository. */
export const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** Where what the tests make goes: the program, and pictures of what failed. */
export const workFolder = join(repository, ".cache", "web");

/** How many questions the demo's agent is asked. */
export const questions = 24;

/** Builds the program. */
export function build() {
  mkdirSync(workFolder, { recursive: true });
  const program = join(workFolder, "desk");
  execFileSync(process.env.GO ?? "go", ["build", "-o", program, "./desk"], { cwd: repository, stdio: "inherit" });
  return program;
}

/** The addresses in the first line that a desk writes. */
export function addresses(line) {
  const page = /open (http:\S+)/.exec(line)?.[1];
  const otlp = /HTTP on (\S+)/.exec(line)?.[1];
  if (!page || !otlp) throw new Error(`desk: first line: ${line}`);
  return { page, otlp: `http://${otlp}` };
}

/** The first line that a program writes. */
export async function firstLine(child) {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("desk: ended before it said where it is");
}

/** Asks until an answer is as wanted, or the time is over. */
export async function until(what, ask, { within = 60_000 } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`desk: ${what} did not come within ${within} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function json(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function whole(api) {
  const { traces } = await api("traces", { limit: 200 });
  return traces.length >= questions && traces.every((trace) => trace.whole);
}

/** Starts a desk and waits for the demo's traces. */
export async function startDesk() {
  const any = "127.0.0.1:0";
  const flags = ["--every", "0", "--listen", any, "--grpc", any, "--http", any];
  const child = spawn(build(), ["demo", "--questions", String(questions), ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill());
  const { page, otlp } = addresses(await firstLine(child));
  child.stdout.resume();
  const api = (path, query = {}) => json(`${page}/api/desk/v1/${path}?${new URLSearchParams(query)}`);
  const send = (signal, body) =>
    json(`${otlp}/v1/${signal}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  await until("the demo's traces", () => whole(api));
  const stop = () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    return ended;
  };
  return { page, api, send, stop };
}
