// SPDX-License-Identifier: Apache-2.0

/** How many hues services may have; each is a CSS variable, --s0 and so on. */
export const hues = 12;

/** FNV-1a, 32 bits, over the text as UTF-8. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

function byBytes(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/**
 * The hue of each service: by a hash of its name, so that it has the same one
 * everywhere, but the next free one if another service here has it. The terminal
 * gives colours by the same rule (Go package desk/show).
 */
export function palette(services: Iterable<string>): Map<string, number> {
  const given = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of [...new Set(services)].sort(byBytes)) {
    let at = hash(name) % hues;
    while (given.size < hues && taken.has(at)) at = (at + 1) % hues;
    taken.add(at);
    given.set(name, at);
  }
  return given;
}

/** The number of the hue of a service, also of one that the palette does not know. */
export function hueNumber(given: Map<string, number>, service: string): number {
  return given.get(service) ?? hash(service) % hues;
}

/** The CSS colour of a service. */
export function hueOf(given: Map<string, number>, service: string): string {
  return `var(--s${hueNumber(given, service)})`;
}
