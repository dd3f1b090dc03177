#!/usr/bin/env bash
# Installs what is needed, builds Aurora and starts the sample stack. May be run again at any time.
#
#   bash etc/try.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=etc/packages.sh
. etc/packages.sh
# shellcheck source=etc/steps.sh
. etc/steps.sh

step "Packages"
install_packages "$(build_packages)"

step "Build (release); the first one takes a few minutes"
configure release -D AURORA_TESTS=OFF
build release aurorad aurorctl
bin=$PWD/build/release/bin

step "Virtualenv of the sample (etc/sample/.venv)"
if etc/sample/.venv/bin/python3 -c '' 2>/dev/null; then
  echo "    is here already"
else
  # Debian's own python3, whichever comes first in PATH: it is the one that python3-venv belongs to.
  /usr/bin/python3 -m venv --clear --without-pip etc/sample/.venv
  echo "    made; the sample needs the standard library only"
fi

step "The sample stack: aurorctl up -d"
cd etc/sample
# Root may be in somebody else's checkout here, and is asked to run just that.
if ! AURORA_ALLOW_WRITABLE_CONFIG=1 "$bin/aurorctl" up -d; then
  "$bin/aurorctl" status || true
  echo "error: the sample stack did not come up: the table above and 'aurorctl why NAME' say why" >&2
  exit 1
fi

step "aurorctl status"
"$bin/aurorctl" status

cat <<TEXT

Four programs run now. In $PWD:
  export PATH=$bin:\$PATH
  aurorctl status --watch          see them live; in another terminal: kill -9 PID of any
  aurorctl why aurora-backend      what happened to it, why, and what comes next
  aurorctl logs -f                 what they print
  aurorctl down                    stop them, and the daemon
The page is http://127.0.0.1:5000, the configuration aurora.json; 'aurorctl dashboard' opens Aurora's own
page signed in, 'aurorctl help' lists the rest.
TEXT
