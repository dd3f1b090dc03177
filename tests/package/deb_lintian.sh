#!/usr/bin/env bash
# deb_lintian.sh FOLDER: Debian's own judge has nothing to say about the packages in it, not even a warning.
set -euo pipefail
if ! command -v lintian >/dev/null; then
  echo "skipped: lintian is not installed" >&2
  exit 77
fi
# Root may run it: in containers there is nobody else.
lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$1"/*.deb
