// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { EventReader } from "./events";

test("events are read from pieces, without comments and what is no event", () => {
  const reader = new EventReader();
  const pieces = [
    "retry: 2000\n\n",
    ": still here\n\nevent: tra",
    'ces\ndata: [{"a":1}]\n',
    "\ndata: x\ndata: y\r\n",
    "\r\ndata: cut",
  ];
  expect(pieces.flatMap((piece) => reader.push(piece))).toEqual([
    { name: "traces", data: '[{"a":1}]' },
    { name: "message", data: "x\ny" },
  ]);
});
