// SPDX-License-Identifier: Apache-2.0

import { hueOf } from "../format/colour";
import { oneLine, unknown } from "../format/format";

/** The name of a service with its colour. */
export function Service({ name, palette }: { name: string; palette: Map<string, number> }) {
  return (
    <span class="service">
      <span class="service-dot" style={{ background: hueOf(palette, name) }} aria-hidden="true" />
      <span class="cut">{oneLine(name) || unknown}</span>
    </span>
  );
}
