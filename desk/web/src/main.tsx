// SPDX-License-Identifier: Apache-2.0

import { render } from "preact";
import { App } from "./app";
import { startLanguage } from "./i18n";
import { startStatus } from "./state/range";
import { startRouter } from "./state/router";
import { startTheme } from "./state/settings";
import { startKeys } from "./ui/keys";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/ui.css";
import "./styles/shell.css";

startTheme();
startLanguage();
startRouter();
startKeys();
startStatus();

const root = document.getElementById("page");
if (root) render(<App />, root);
