// SPDX-License-Identifier: Apache-2.0

/** The longest duration of many, in ns; at least 1, so that shares of it are numbers. */
export function longest(all: Iterable<{ readonly duration: number }>): number {
  let most = 1;
  for (const { duration } of all) most = Math.max(most, duration);
  return most;
}
