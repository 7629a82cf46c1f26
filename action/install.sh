#!/usr/bin/env bash
# Puts the binary into $BINARIES: a release that verifies, else a build of this action's own source.
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
case "${RUNNER_OS:-Linux}" in
  Windows) suffix=.exe ;;
  *) suffix="" ;;
esac
binary="$BINARIES/mcp-vouch$suffix"
mkdir -p -- "$BINARIES"

stop() {
  printf '::error title=mcp-vouch::%s\n' "$1"
  exit 2
}

release() {
  local version="$INPUT_VERSION" name
  [[ "$version" =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || stop "nothing was checked: the version is not written as v1.2.3"
  [ -n "${ACTION_REPOSITORY:-}" ] || stop "nothing was checked: the repository of the release is not known"
  case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
    Linux-X64) name=x86_64-unknown-linux-gnu ;;
    Linux-ARM64) name=aarch64-unknown-linux-gnu ;;
    macOS-ARM64) name=aarch64-apple-darwin ;;
    macOS-X64) name=x86_64-apple-darwin ;;
    Windows-X64) name=x86_64-pc-windows-msvc ;;
    *) stop "nothing was checked: there is no release for this runner; leave the version out to build from source" ;;
  esac
  local place archive="mcp-vouch-$name.tar.gz"
  place="$(mktemp -d)"
  gh release download "$version" --repo "$ACTION_REPOSITORY" --dir "$place" --pattern "$archive" --pattern SHA256SUMS \
    || stop "nothing was checked: the release could not be fetched"
  (cd -- "$place" && grep -F -- "  $archive" SHA256SUMS | sha256sum --check --strict --status) \
    || stop "nothing was checked: the release does not have the digest that it was published with"
  gh attestation verify "$place/$archive" --repo "$ACTION_REPOSITORY" \
    --signer-workflow "$ACTION_REPOSITORY/.github/workflows/release.yml" --source-ref "refs/tags/$version" \
    || stop "nothing was checked: nothing attests that this repository's release workflow built the release"
  tar -xzf "$place/$archive" -C "$BINARIES" "mcp-vouch$suffix"
}

if [ -n "${INPUT_VERSION:-}" ]; then
  release
elif [ ! -x "$binary" ]; then
  command -v cargo >/dev/null || stop "nothing was checked: building needs Rust; install it before, or name a version"
  # Built outside of the repository under test, whose configuration must not reach the compiler.
  (cd -- "$root" && cargo build --release --locked --target-dir "$RUNNER_TEMP/mcp-vouch-target") \
    || stop "nothing was checked: the build failed"
  cp -- "$RUNNER_TEMP/mcp-vouch-target/release/mcp-vouch$suffix" "$binary"
fi
"$binary" --version
