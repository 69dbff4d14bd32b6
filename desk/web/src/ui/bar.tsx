// SPDX-License-Identifier: Apache-2.0

interface BarProps {
  /** From 0 to 1. */
  readonly share: number;
  /** A CSS colour; grey if missing. */
  readonly colour?: string;
}

/** A bar behind a figure. The figure beside it says what it shows. */
export function Bar({ share, colour = "var(--line-2)" }: BarProps) {
  const width = Math.max(0, Math.min(1, share));
  return (
    <span class="bar" aria-hidden="true">
      <span class="bar-fill" style={{ width: `max(1px, ${width * 100}%)`, background: colour }} />
    </span>
  );
}
