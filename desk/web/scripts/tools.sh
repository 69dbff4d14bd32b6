#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks for what the page is built and tested with: Node 20.19 or newer, npm, and
# Chromium. On Debian, root installs what is missing.
set -u

node_is_new() {
	node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

has_chromium() {
	test -n "${CHROMIUM:-}" || command -v chromium || command -v chromium-browser || command -v google-chrome
}

missing() {
	node_is_new || echo nodejs
	command -v npm >/dev/null || echo npm
	has_chromium >/dev/null || echo chromium
}

wanted=$(missing)
test -n "$wanted" || exit 0
if test "$(id -u)" = 0 && command -v apt-get >/dev/null; then
	# shellcheck disable=SC2086 # a word is a package
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $wanted; } >&2
	wanted=$(missing)
fi
test -n "$wanted" || exit 0
echo "the page's tests need Node 20.19 or newer, npm and Chromium (or its path in CHROMIUM); missing here:" $wanted >&2
exit 1
