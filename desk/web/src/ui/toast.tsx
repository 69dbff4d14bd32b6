// SPDX-License-Identifier: Apache-2.0

import { signal } from "@preact/signals";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: "info" | "error";
}

const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** How long a message stays, in ms. */
const stay = { info: 2500, error: 7000 };

/** Tells the reader something at the edge of the page, for a while. */
export function toast(text: string, kind: Toast["kind"] = "info") {
  last++;
  const id = last;
  toasts.value = [...toasts.value.slice(-3), { id, text, kind }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((each) => each.id !== id);
  }, stay[kind]);
}

/** Where messages appear. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((each) => (
        <div key={each.id} class={`toast toast-${each.kind}`}>
          {each.text}
        </div>
      ))}
    </div>
  );
}
