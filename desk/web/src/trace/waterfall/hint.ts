// SPDX-License-Identifier: Apache-2.0

/** What tells one span from others of its name: the first of these that it has. */
const tellers = [
  "gen_ai.request.model",
  "gen_ai.response.model",
  "gen_ai.tool.name",
  "gen_ai.agent.name",
  "db.query.text",
  "db.statement",
  "messaging.destination.name",
  "url.path",
  "http.route",
  "http.target",
  "url.full",
  "rpc.method",
];

const longest = 80;

/** What tells a span from others of its name, in a few words; "" if nothing does. */
export function hint(name: string, attributes: Readonly<Record<string, unknown>>): string {
  for (const key of tellers) {
    const value = attributes[key];
    if (typeof value === "string" && value && !name.includes(value))
      return value.slice(0, longest).replace(/\s+/g, " ");
  }
  return "";
}
