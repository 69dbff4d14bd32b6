// SPDX-License-Identifier: Apache-2.0

import { t } from "../../i18n";
import { Empty } from "../../ui/states";
import type { TabProps } from "../tab";

export default function Compare({ trace }: TabProps) {
  return <Empty title={t("n.spans", trace.spans.length)} />;
}
