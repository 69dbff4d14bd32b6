// SPDX-License-Identifier: Apache-2.0

import type { Answered, Asked } from "./layout";
import { placeGraph } from "./place";

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  let answer: Answered;
  try {
    answer = { id: data.id, layout: placeGraph(data.graph) };
  } catch (error) {
    answer = { id: data.id, error: String(error) };
  }
  postMessage(answer);
};
