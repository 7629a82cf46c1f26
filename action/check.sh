#!/usr/bin/env bash
# Runs one check with all of its reports. Inputs become members of an array, never text of a command.
set -euo pipefail

reports="$RUNNER_TEMP/mcp-vouch-reports"
mkdir -p -- "$reports"
sarif="${INPUT_SARIF_FILE:-}"
[ -n "$sarif" ] || sarif="$reports/mcp-vouch.sarif"
json="$reports/mcp-vouch.json"
summary="$reports/mcp-vouch.md"

stop() {
  printf '::error title=mcp-vouch::%s\n' "$1"
  exit 2
}

# One line without blanks at its ends.
trimmed() {
  local text="$1"
  text="${text#"${text%%[![:space:]]*}"}"
  printf '%s' "${text%"${text##*[![:space:]]}"}"
}

arguments=(check --output "json=$json" --output "sarif=$sarif" --output "markdown=$summary" --output github=-)

formats="${INPUT_FORMAT:-},"
while [ -n "$formats" ]; do
  format="$(trimmed "${formats%%,*}")"
  formats="${formats#*,}"
  case "$format" in
    "" | json | sarif | markdown | github) ;;
    *[!a-z]*) stop "nothing was checked: \`format\` takes names of formats, separated by commas" ;;
    *) arguments+=(--output "$format=$reports/mcp-vouch.$format") ;;
  esac
done
[ -z "${INPUT_POLICY:-}" ] || arguments+=("--policy=$INPUT_POLICY")
[ -z "${INPUT_FAIL_ON:-}" ] || arguments+=("--fail-on=$INPUT_FAIL_ON")
case "${INPUT_OFFLINE:-false}" in
  true) arguments+=(--offline) ;;
  false | "") ;;
  *) stop "nothing was checked: \`offline\` is true or false" ;;
esac

# In a pull request the approved state is that of the base branch.
baseline="${INPUT_BASELINE:-}"
if [ -n "$baseline" ] && [ "${GITHUB_EVENT_NAME:-}" = pull_request ] && [ -n "${GITHUB_BASE_REF:-}" ]; then
  git fetch --quiet --no-tags --depth=1 origin "refs/heads/$GITHUB_BASE_REF" \
    || stop "nothing was checked: the base branch could not be fetched"
  git show "FETCH_HEAD:$baseline" >"$reports/base.lock" \
    || stop "nothing was checked: the base branch has no such baseline"
  baseline="$reports/base.lock"
fi
[ -z "$baseline" ] || arguments+=("--baseline=$baseline")

targets=()
while IFS= read -r line || [ -n "$line" ]; do
  line="$(trimmed "$line")"
  [ -z "$line" ] || targets+=("$line")
done <<<"${INPUT_TARGETS:-}"
case "${INPUT_PATH:-}" in
  "") ;;
  /* | [A-Za-z]:*) targets+=("$INPUT_PATH") ;;
  *) targets+=("./$INPUT_PATH") ;;
esac
[ "${#targets[@]}" -gt 0 ] || targets=(.)

code=0
case "${RUNNER_OS:-Linux}" in
  Windows) binary="$BINARIES/mcp-vouch.exe" ;;
  *) binary="$BINARIES/mcp-vouch" ;;
esac
"$binary" "${arguments[@]}" -- "${targets[@]}" || code=$?

case "$code" in
  0) verdict=pass ;;
  1) verdict=fail ;;
  3) verdict=incomplete ;;
  *)
    printf 'code=%s\n' "$code" >>"$GITHUB_OUTPUT"
    stop "nothing was checked: the arguments cannot be meant as written; see the lines above"
    ;;
esac
[ ! -f "$summary" ] || cat -- "$summary" >>"$GITHUB_STEP_SUMMARY"
# A value is one line: a path with a line break in it is refused rather than written.
case "$sarif" in *$'\n'*) stop "the outputs were not written: \`sarif-file\` has a line break" ;; esac
{
  printf 'code=%s\n' "$code"
  printf 'verdict=%s\n' "$verdict"
  printf 'findings-count=%s\n' "$(grep -c '^ *"gates": ' "$json" || true)"
  printf 'sarif-file=%s\n' "$sarif"
  printf 'report=%s\n' "$json"
  printf 'summary=%s\n' "$summary"
} >>"$GITHUB_OUTPUT"
