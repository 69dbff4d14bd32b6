// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import type { Failure } from "../api/client";
import { t } from "../i18n";
import { Icon } from "./icon";

/** Nothing is there, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

/** The frame of what is being loaded. */
export function Loading({ rows = 12 }: { rows?: number }) {
  return (
    <div class="loading" role="status" aria-label={t("state.loading")}>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} class="loading-row" style={{ "--w": `${35 + ((i * 37) % 55)}%` }} />
      ))}
    </div>
  );
}

/** The text of a failure in the reader's language. */
export function failureText(error: Failure): string {
  return t(`error.${error.code}`);
}

/** What failed, and a button to try again. */
export function Failed({ error, onRetry }: { error: Failure; onRetry?: () => void }) {
  return (
    <div class="state" role="alert">
      <p class="state-title state-error">{t("state.failed")}</p>
      <p>{failureText(error)}</p>
      {error.message && <p class="mono dim">{error.message}</p>}
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          {t("do.retry")}
        </button>
      )}
    </div>
  );
}

interface Effort {
  readonly partial?: boolean;
  readonly scanned?: { readonly traces: number; readonly spans: number };
  readonly warnings?: readonly string[];
}

/** What is missing of an answer, and why; nothing if it is whole. */
export function Partial({ of }: { of: Effort | undefined }) {
  if (!of?.partial && !of?.warnings?.length) return null;
  return (
    <div class="partial" role="status">
      <Icon name="warning" />
      {of.partial && <span>{t("state.partial.scanned", of.scanned?.traces ?? 0)}</span>}
      {of.warnings?.map((warning) => (
        <span key={warning}>{warning}</span>
      ))}
    </div>
  );
}
