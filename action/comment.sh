#!/usr/bin/env bash
# Leaves the summary as one comment on the pull request, and replaces it the next time.
set -euo pipefail

mark='<!-- mcp-vouch -->'
[[ "${GITHUB_REF:-}" =~ ^refs/pull/([0-9]+)/ ]] || exit 0
number="${BASH_REMATCH[1]}"
body="$RUNNER_TEMP/mcp-vouch-comment.md"
{
  printf '%s\n' "$mark"
  head -c 60000 -- "$SUMMARY"
} >"$body"
old="$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$number/comments" \
  --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)"
if [ -n "$old" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$old" --field "body=@$body"
else
  gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$number/comments" --field "body=@$body"
fi
