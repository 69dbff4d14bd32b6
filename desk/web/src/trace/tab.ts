// SPDX-License-Identifier: Apache-2.0

import type { ComponentType } from "preact";
import type { PlainKey } from "../i18n";
import { lazy } from "../ui/lazy";
import type { TraceData } from "./data";
import type { Search } from "./search";
import type { Selection } from "./selection";

/** What a tab, and the panel of the selected span, is given. */
export interface TabProps {
  readonly trace: TraceData;
  readonly selection: Selection;
  readonly search: Search;
}

export type TabId =
  | "waterfall"
  | "flame"
  | "sequence"
  | "topology"
  | "services"
  | "statistics"
  | "run"
  | "logs"
  | "compare";

interface TabModule {
  readonly id: TabId;
  readonly text: PlainKey;
  readonly View: ComponentType<TabProps>;
  /** It shows the selected span itself, without the panel. */
  readonly noPanel?: boolean;
}

/** Each tab is a module that is loaded when it is shown. */
const all: readonly TabModule[] = [
  { id: "waterfall", text: "trace.tab.waterfall", View: lazy(() => import("./tabs/waterfall")) },
  { id: "flame", text: "trace.tab.flame", View: lazy(() => import("./tabs/flame")) },
  { id: "sequence", text: "trace.tab.sequence", View: lazy(() => import("./tabs/sequence")) },
  { id: "topology", text: "trace.tab.topology", View: lazy(() => import("./tabs/topology")) },
  { id: "services", text: "trace.tab.services", View: lazy(() => import("./tabs/services")) },
  { id: "statistics", text: "trace.tab.statistics", View: lazy(() => import("./tabs/statistics")) },
  { id: "run", text: "trace.tab.run", View: lazy(() => import("./tabs/run")), noPanel: true },
  { id: "logs", text: "trace.tab.logs", View: lazy(() => import("./tabs/logs")) },
  { id: "compare", text: "trace.tab.compare", View: lazy(() => import("./tabs/compare")) },
];

/** The tabs of a trace in their order; a page that is a file has no other trace to compare with. */
export const tabs = __STANDALONE__ ? all.filter((tab) => tab.id !== "compare") : all;
