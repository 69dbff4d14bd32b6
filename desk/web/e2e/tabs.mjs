// SPDX-License-Identifier: Apache-2.0

/** The tabs of a trace in their order: the parameter of the address, and the name. */
export const tabs = {
  waterfall: "Waterfall",
  flame: "Flame graph",
  sequence: "Sequence",
  topology: "Topology",
  services: "Services",
  statistics: "Statistics",
  run: "Agent run",
  logs: "Logs",
  compare: "Compare",
};
