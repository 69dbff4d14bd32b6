// SPDX-License-Identifier: Apache-2.0

// The address of the page is its whole state: which page, and what it shows.

/** The pages, by the first part of their path. */
export type Page = "traces" | "trace" | "compare" | "services" | "sessions" | "session" | "missing";

/** What an address says. */
export interface Place {
  readonly page: Page;
  /** The trace or session, "" on other pages. */
  readonly id: string;
  readonly query: URLSearchParams;
}

/** Changes to the query: null takes a parameter away, a list gives it several times. */
export type Patch = Record<string, string | readonly string[] | null | undefined>;

const plain: Record<string, Page> = { "": "traces", compare: "compare", services: "services", sessions: "sessions" };
const single: Record<string, Page> = { trace: "trace", sessions: "session" };

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Reads a path with its query. */
export function parsePlace(path: string, search = ""): Place {
  const [first = "", second = "", ...rest] = path.replace(/^\//, "").replace(/\/$/, "").split("/");
  const query = new URLSearchParams(search);
  const id = decode(second);
  const page = (second ? single[first] : plain[first]) ?? "missing";
  if (rest.length > 0 || id === undefined) return { page: "missing", id: "", query };
  return { page, id: page === "missing" ? "" : id, query };
}

const paths: Record<Page, (id: string) => string> = {
  traces: () => "/",
  trace: (id) => `/trace/${encodeURIComponent(id)}`,
  compare: () => "/compare",
  services: () => "/services",
  sessions: () => "/sessions",
  session: (id) => `/sessions/${encodeURIComponent(id)}`,
  missing: () => "/",
};

/** The query with changes. */
export function patched(query: URLSearchParams, patch: Patch): URLSearchParams {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(patch)) {
    changed.delete(name);
    const values = typeof value === "string" ? [value] : (value ?? []);
    for (const each of values) if (each !== "") changed.append(name, each);
  }
  return changed;
}

/** The address of a page. */
export function address(page: Page, id = "", query: URLSearchParams | Patch = {}): string {
  const search = (query instanceof URLSearchParams ? query : patched(new URLSearchParams(), query)).toString();
  return paths[page](id) + (search ? `?${search}` : "");
}
