// SPDX-License-Identifier: Apache-2.0

/** What services write before the link of a value that is in object storage. */
const prefix = "trace_link: ";

/** Links by what they look like: places that only object storage has, or names made of a hash. */
const place = /^(file|s3):\/\/\S+$/;
const hashed = /^https?:\/\/\S+\/[0-9a-f]{64}\.\w+$/;

/** The link in a value that stands for one in object storage; undefined if it is none. */
export function linkIn(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 4096) return undefined;
  const link = value.startsWith(prefix) ? value.slice(prefix.length).trim() : value.trim();
  if (link !== value.trim()) return link;
  return place.test(link) || hashed.test(link) ? link : undefined;
}
