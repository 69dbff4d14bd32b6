// SPDX-License-Identifier: Apache-2.0

import { t } from "../i18n";
import { change, param } from "../state/router";
import { Compared } from "./compared";
import { Picker } from "./picker";
import "./compare.css";

/** Two traces side by side, which the address names. */
export default function ComparePage() {
  const [baseline, comparison] = [param("baseline"), param("comparison")];
  if (baseline && comparison) {
    return (
      <div class="compare-page">
        <div class="compare-do">
          <h1>{t("compare.title")}</h1>
          <button type="button" class="button" onClick={() => change({ baseline: comparison, comparison: baseline })}>
            {t("compare.swap")}
          </button>
          <button type="button" class="button" onClick={() => change({ baseline: null })}>
            {t("compare.other", "A")}
          </button>
          <button type="button" class="button" onClick={() => change({ comparison: null })}>
            {t("compare.other", "B")}
          </button>
        </div>
        <Compared key={`${baseline}${comparison}`} baseline={baseline} comparison={comparison} />
      </div>
    );
  }
  const missing = baseline ? "comparison" : "baseline";
  return (
    <div class="compare-page">
      <Picker
        key={missing}
        title={t(missing === "baseline" ? "compare.first" : "compare.second")}
        except={baseline || comparison}
        onPick={(id) => change({ [missing]: id })}
      />
    </div>
  );
}
