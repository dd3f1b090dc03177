# What try.sh and test.sh share: steps that announce themselves, and the build. Sourced by both.
# shellcheck shell=bash

steps_began=$SECONDS

# step TEXT: "==> [ 2:05] TEXT"
step() {
  local passed=$((SECONDS - steps_began))
  printf '\n==> [%2d:%02d] %s\n' $((passed / 60)) $((passed % 60)) "$*"
}

# How many compilers at once: one a core, and 1.5 GiB of memory for each (Beast takes 1.3).
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1572864)}' /proc/meminfo)
  if [ "$memory" -lt 1 ]; then memory=1; fi
  echo $((cores < memory ? cores : memory))
}

# configure PRESET [OPTION…]
configure() {
  local preset=$1 log launcher=()
  shift
  mkdir -p build
  log=build/configure-$preset.log
  if ! command -v ccache >/dev/null; then
    echo "    ccache is not here: the build works, later ones take as long as the first"
    launcher=(-D CMAKE_CXX_COMPILER_LAUNCHER=)
  fi
  cmake --preset "$preset" "${launcher[@]}" "$@" >"$log" 2>&1 && return 0
  cat "$log" >&2
  echo "error: cannot configure the '$preset' build: see above" >&2
  echo "  do: remove build/$preset when its compiler or packages changed, and run this again" >&2
  return 1
}

# build PRESET [TARGET…]
build() {
  local preset=$1
  shift
  # Ninja draws a status line on a terminal; in a log it would be a line each.
  local quiet=(--quiet)
  if [ -t 1 ]; then quiet=(); fi
  if ! ninja -C "build/$preset" -j "$(build_jobs)" "${quiet[@]}" "$@"; then
    echo "error: cannot build '$preset': see above" >&2
    return 1
  fi
}
