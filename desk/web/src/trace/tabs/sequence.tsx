// SPDX-License-Identifier: Apache-2.0

import { t } from "../../i18n";
import { Empty, Failed, Loading } from "../../ui/states";
import { Diagram } from "../sequence/diagram";
import type { TabProps } from "../tab";
import { useView } from "../view";

/** The trace as messages between its services, in time order. */
export default function SequenceTab(props: TabProps) {
  const answer = useView(props.trace, "sequence");
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!answer.value) return <Loading />;
  if (!answer.value.messages?.length) return <Empty title={t("sequence.none")} />;
  return <Diagram {...props} view={answer.value} />;
}
