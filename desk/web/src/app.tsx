// SPDX-License-Identifier: Apache-2.0

import { useEffect } from "preact/hooks";
import { t } from "./i18n";
import { Shell } from "./shell";
import { link, place } from "./state/router";
import type { Page } from "./state/url";
import { TracesPage } from "./traces/page";
import { lazy } from "./ui/lazy";
import { Empty } from "./ui/states";

const TracePage = lazy(() => import("./trace/page"));
const ComparePage = lazy(() => import("./compare/page"));
const ServicesPage = lazy(() => import("./services/page"));
const SessionsPage = lazy(() => import("./sessions/page"));
const SessionPage = lazy(() => import("./sessions/session"));

const titles: Record<Page, () => string> = {
  traces: () => t("traces.title"),
  trace: () => t("trace.title"),
  compare: () => t("compare.title"),
  services: () => t("services.title"),
  sessions: () => t("sessions.title"),
  session: () => t("trace.session"),
  missing: () => t("missing.title"),
};

function Current() {
  const { page, id } = place.value;
  switch (page) {
    case "traces":
      return <TracesPage />;
    case "trace":
      return <TracePage key={id} id={id} />;
    case "compare":
      return <ComparePage />;
    case "services":
      return <ServicesPage />;
    case "sessions":
      return <SessionsPage />;
    case "session":
      return <SessionPage key={id} id={id} />;
    case "missing":
      return (
        <Empty title={t("missing.title")}>
          <p class="mono dim">{location.pathname}</p>
          <a href={link("traces")}>{t("missing.back")}</a>
        </Empty>
      );
  }
}

/** The whole page. */
export function App() {
  const { page, id } = place.value;
  const title = titles[page]();
  useEffect(() => {
    document.title = `${id ? `${title} ${id.slice(0, 12)}` : title} · ${t("app.name")}`;
  }, [title, id]);
  return (
    <Shell>
      <Current />
    </Shell>
  );
}
