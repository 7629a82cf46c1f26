#!/usr/bin/env bash
# Makes the HTML pages of the tests and looks at them in a headless browser. Needs node, npm and chromium;
# takes the options of check.mjs, such as `--screenshots FOLDER`.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo test --locked --test suite pages::
mkdir -p target/browser
cp tests/browser/package.json tests/browser/check.mjs target/browser/
npm install --prefix target/browser --no-package-lock --ignore-scripts --no-audit --no-fund
node target/browser/check.mjs "$@" target/tmp/pages/*.html
