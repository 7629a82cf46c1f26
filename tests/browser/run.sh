#!/usr/bin/env bash
# Makes the HTML pages of the tests and looks at them in a headless browser. Needs node and npm, and
# chromium, which is installed where that is possible; takes the options of check.mjs, such as
# `--screenshots FOLDER`. Without a browser it fails: pages that nobody looked at have not passed.
set -euo pipefail
cd "$(dirname "$0")/../.."

has_browser() {
    for path in "${BROWSER_PATH:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
        if [ -n "$path" ] && [ -x "$path" ]; then return 0; fi
    done
    return 1
}

if ! has_browser && command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
    echo "no browser is installed: apt-get install chromium"
    apt-get update -qq < /dev/null || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium < /dev/null || true
fi
if ! has_browser; then
    echo "error: the pages were NOT looked at: there is no browser, and none could be installed" >&2
    echo "hint: apt-get install chromium, or name one: BROWSER_PATH=/path/to/chromium $0" >&2
    exit 1
fi

rm -rf target/tmp/pages
cargo test --locked --quiet --test suite pages::
mkdir -p target/browser
cp tests/browser/package.json tests/browser/check.mjs target/browser/
npm install --prefix target/browser --no-package-lock --ignore-scripts --no-audit --no-fund --silent < /dev/null
node target/browser/check.mjs "$@" target/tmp/pages/*.html < /dev/null
