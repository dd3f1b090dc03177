#!/usr/bin/env bash
# Runs a command in a cgroup that is delegated to it, where a program that is made for it would make cgroups
# of its own. 77: none can be made here.
set -euo pipefail
root=$(awk '$0 ~ / - cgroup2 / {print $5; exit}' /proc/self/mountinfo)
own=$root$(sed -n 's/^0:://p' /proc/self/cgroup)
group=${own%/}/aurora-embedding-$$
if [ -z "$root" ] || ! mkdir "$group" 2>/dev/null; then
  echo "skipped: no cgroup can be made here" >&2
  exit 77
fi
trap 'find "$group" -depth -type d -exec rmdir {} +' EXIT
(echo "$BASHPID" >"$group/cgroup.procs" && exec "$@")
