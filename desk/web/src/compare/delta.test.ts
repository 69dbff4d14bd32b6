// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { count, duration } from "../format/format";
import { deltaText } from "./compared";

test.each([
  [47, 45, count, "−2 (−4.26 %)"],
  [100e6, 150e6, duration, "+50.0 ms (+50.0 %)"],
  [0, 3, count, "+3"],
  [1, 40, count, "+39"],
])("from %s to %s", (from, to, text, want) => expect(deltaText({ from, to, text }).join("")).toBe(want));
