// SPDX-License-Identifier: Apache-2.0

import { t } from "../i18n";
import { Empty } from "../ui/states";

export default function ComparePage() {
  return <Empty title={t("compare.title")} />;
}
