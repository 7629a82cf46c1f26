#!/usr/bin/env bash
# Names what the binary is made from: a release, or the digest of this action's own source.
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
digest=""
if [ -z "${INPUT_VERSION:-}" ]; then
  digest="$(cd -- "$root" && find Cargo.toml Cargo.lock build.rs src rules schema -type f -print0 2>/dev/null \
    | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-40)"
fi
{
  printf 'digest=%s\n' "$digest"
  printf 'binaries=%s\n' "$RUNNER_TEMP/mcp-vouch-binaries"
} >>"$GITHUB_OUTPUT"
