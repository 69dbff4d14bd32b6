// SPDX-License-Identifier: Apache-2.0

/** A server-sent event. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** What is not yet an event is at most so long; a stream that sends more is not ours. */
const longest = 64 << 20;

/** Reads server-sent events (HTML Living Standard, section 9.2) from text that comes in pieces. */
export class EventReader {
  private rest = "";

  /** The events that a further piece completes. */
  push(piece: string): ServerEvent[] {
    this.rest = (this.rest + piece).replace(/\r\n?/g, "\n");
    if (this.rest.length > longest) throw new RangeError("an event is too long");
    const blocks = this.rest.split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(readBlock).filter((event) => event.data !== "");
  }
}

function readBlock(block: string): ServerEvent {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }
  return { name, data: data.join("\n") };
}
