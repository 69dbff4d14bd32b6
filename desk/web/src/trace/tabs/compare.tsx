// SPDX-License-Identifier: Apache-2.0

import { Compared } from "../../compare/compared";
import { Picker } from "../../compare/picker";
import { t } from "../../i18n";
import { change, link, param } from "../../state/router";
import type { TabProps } from "../tab";
import "../../compare/compare.css";

/** This trace beside another one. */
export default function CompareTab({ trace }: TabProps) {
  const other = param("with");
  const root = trace.spans[trace.summary.root];
  if (!other) {
    return (
      <Picker
        title={t("compare.with")}
        root={root && { service: root.service, name: root.name }}
        except={trace.id}
        onPick={(id) => change({ with: id })}
      />
    );
  }
  return (
    <div class="compare-page">
      <div class="compare-do">
        <button type="button" class="button" onClick={() => change({ with: null })}>
          {t("compare.other", "B")}
        </button>
        <a href={link("compare", "", { baseline: trace.id, comparison: other })}>{t("compare.open")}</a>
      </div>
      <Compared key={other} baseline={trace.id} comparison={other} />
    </div>
  );
}
