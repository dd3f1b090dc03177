# Debian packages that Aurora needs, in one place. Sourced by try.sh and test.sh.
# shellcheck shell=bash
#
#   build_packages    what building and running takes
#   test_packages     what the tests take beside it
#   install_packages LIST…    installs what is missing, and says so

# The reason for each is in CONTRIBUTING.md ("Dependencies").
build_packages() {
  cat <<'LIST'
g++                             the compiler, C++20 (12 or newer)
cmake                           the build, 3.25 or newer
ninja-build                     runs it
ccache                          a second build takes seconds
pkg-config                      finds RE2
libboost1.81-dev                Asio, Beast, Process v2 (headers only)
libboost-json1.81-dev           configuration and state
libboost-program-options1.81-dev  command lines
libfmt-dev                      text
libssl-dev                      HTTPS probes
zlib1g-dev                      compressed logs
libre2-dev                      patterns that cannot run away
libyaml-cpp-dev                 aurorctl import: compose files and other YAML (static)
libncurses-dev                  the terminal of aurorctl top
python3                         the sample stack, the lint tests
python3-venv                    the sample's virtualenv
LIST
}

test_packages() {
  cat <<'LIST'
libboost-test1.81-dev           the unit tests
libbenchmark-dev                the benchmarks
clang                           the second compiler, and libFuzzer
libclang-rt-14-dev              its sanitizers
clang-format                    the style, checked by a test
clang-tidy                      names and sizes, checked by test.sh
git                             lists the files that lint tests read
python3-jsonschema              the schema against its samples
man-db                          renders the man pages, warnings and all
groff-base                      what man-db renders them with
openssl                         certificates for the TLS probe tests
procps                          ps and friends, in end-to-end tests
curl                            the runbook's commands are run as they stand
faketime                        clock steps
systemd                         verifies the unit
lintian                         the Debian packages, by Debian's own judge
tmux                            the terminal that aurorctl top is tested in
strace                          counts what an idle daemon does
supervisor                      the same program under it and under what was imported from it
ruby-foreman                    the same for a Procfile
python3-kubernetes              the models of its schemas, for exported manifests
python3-yaml                    reads what is exported
haproxy                         stands before the daemon, with what two parsers could read in two ways
chromium                        the browser that the page is tested in
prometheus                      scrapes the metrics, and its promtool judges them
python3-prometheus-client       the strict parser of OpenMetrics
LIST
}

# Runs a command as root: as it is, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "error: cannot run '$*': this needs root, and sudo is not installed" >&2
    echo "  do: run this script as root, or install the packages listed in etc/packages.sh yourself" >&2
    return 1
  fi
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Boost 1.74 and 1.81 headers exclude each other on Debian 12: apt would remove one for the other.
check_boost_conflict() {
  if ! is_installed libboost1.74-dev || [ -n "${AURORA_REPLACE_BOOST:-${CI:-}}" ]; then
    return 0
  fi
  echo "error: cannot install libboost1.81-dev: it excludes libboost1.74-dev, which is installed here" >&2
  echo "  do: AURORA_REPLACE_BOOST=1 bash $0    (apt then removes libboost1.74-dev and what needs it;" >&2
  echo "      programs that use Boost 1.74 go on working, only its headers go)" >&2
  return 1
}

# install_packages LIST: lines of "NAME reason".
install_packages() {
  local name missing=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "error: cannot install packages: this is not a Debian system (no apt-get)" >&2
    echo "  do: install what etc/packages.sh lists by your system's own means, then build by hand (CONTRIBUTING.md)" >&2
    return 1
  fi
  while read -r name _; do
    is_installed "$name" || missing+=("$name")
  done <<<"$1"
  if [ "${#missing[@]}" -eq 0 ]; then
    echo "    all packages are here already"
    return 0
  fi
  check_boost_conflict || return 1
  echo "    to install: ${missing[*]}"
  as_root apt-get update -qq || return 1
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "${missing[@]}" </dev/null >/dev/null; then
    echo "error: apt-get could not install: ${missing[*]}" >&2
    echo "  do: see what apt says above; Aurora is built on Debian 12, whose packages these are" >&2
    return 1
  fi
}
