// SPDX-License-Identifier: Apache-2.0

import { t } from "../i18n";
import { Empty } from "../ui/states";

export default function SessionsPage() {
  return <Empty title={t("sessions.title")} />;
}
