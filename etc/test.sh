#!/usr/bin/env bash
# Installs what the tests need, builds Aurora in each configuration and runs all tests.
# May be run again at any time.
#
#   bash etc/test.sh            all parts: what CI runs
#   bash etc/test.sh PART…      only these: dev, tidy, release, tsan, fuzz
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=etc/packages.sh
. etc/packages.sh
# shellcheck source=etc/steps.sh
. etc/steps.sh

# Most tests wait more than they compute: twice as many at once as there are cores take two thirds of the time.
many=$((2 * $(nproc)))

# tests PRESET JOBS [CTEST OPTION…]: ctest's summary is the last thing it prints.
tests() {
  local preset=$1 jobs=$2
  shift 2
  if ! ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@"; then
    echo "error: tests failed in build/$preset; again, only those: ctest --test-dir build/$preset --rerun-failed --output-on-failure" >&2
    return 1
  fi
}

run_dev() {
  step "dev: debug, address and undefined behaviour sanitizers"
  configure dev
  build dev
  step "dev: all tests"
  tests dev "$many"
}

# The pure rooms, where the decisions are; with Asio in it a file takes many times as long.
run_tidy() {
  step "tidy: clang-tidy on the pure rooms"
  configure dev
  build dev aurora_core aurora_config aurora_wire  # with what is precompiled for them
  if ! find lib/src/core lib/src/config lib/src/wire -name '*.cpp' -print0 |
    xargs -0 -P "$(nproc)" -n 4 clang-tidy --quiet -p build/dev >build/tidy.log 2>/dev/null; then
    grep -E '(error|warning):' build/tidy.log >&2 || cat build/tidy.log >&2
    echo "error: clang-tidy found something: the checks are in .clang-tidy" >&2
    return 1
  fi
}

run_release() {
  step "release: as it is shipped"
  configure release -D AURORA_TESTS=ON
  # What these tests run, and no unit test: those pass in dev, where more is looked at.
  build release shipped_tests
  step "release: end-to-end and package tests"
  # The one build of g++ 12: what that destroys twice aborts, and what was freed is full of nonsense.
  MALLOC_PERTURB_=165 tests release "$many" -L 'e2e|package'
}

# Each parser of foreign text is fuzzed for a while, as many at once as there are cores. What has not changed since
# it last passed is not fuzzed again.
run_fuzz() {
  step "fuzz: libFuzzer tries the parsers"
  configure dev
  local targets
  targets=$(ninja -C build/dev -t targets all | sed -n 's|^\([^ :]*_fuzz\): CXX_EXECUTABLE_LINKER.*|\1|p')
  # shellcheck disable=SC2086
  build dev $targets
  export -f fuzz
  # shellcheck disable=SC2016,SC2086
  printf '%s\n' $targets | xargs -P "$(nproc)" -I '{}' bash -euo pipefail -c 'fuzz "$1"' fuzz '{}'
}

# fuzz TARGET
fuzz() {
  local target=$1 name sum corpus seconds=${AURORA_FUZZ_SECONDS:-60}
  name=$(basename "$target" _fuzz)
  sum=$(sha256sum "build/dev/$target")
  if [ "$(cat "build/dev/fuzz/$name.passed" 2>/dev/null)" = "$sum" ]; then
    echo "    $name: unchanged since it passed"
    return
  fi
  corpus=tests/fuzz/corpus/$name
  mkdir -p "build/dev/fuzz/found/$name" "$corpus"
  # The first folder takes what is found; the committed one is only read.
  if ! "build/dev/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/dev/fuzz/$name-" "build/dev/fuzz/found/$name" "$corpus" >"build/dev/fuzz/$name.log" 2>&1; then
    tail -n 60 "build/dev/fuzz/$name.log" >&2
    echo "error: the fuzzer broke the $name parser; its input is build/dev/fuzz/$name-*" >&2
    return 1
  fi
  echo "    $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/dev/fuzz/$name.log") runs in ${seconds} s"
  echo "$sum" >"build/dev/fuzz/$name.passed"
}

# The rooms that have threads: one for the loop, and the workers beside it.
run_tsan() {
  step "tsan: debug, thread sanitizer"
  configure tsan
  build tsan threaded_tests puppet
  step "tsan: tests of the rooms with threads"
  tests tsan "$(nproc)" -L threads  # it computes ten times as much
}

if [ $# -eq 0 ]; then set -- dev tidy fuzz release tsan; fi
for part in "$@"; do
  case $part in
    dev | tidy | release | fuzz | tsan) ;;
    *)
      echo "error: there is no part '$part': dev, tidy, release, tsan and fuzz are known" >&2
      exit 2
      ;;
  esac
done

step "Packages"
install_packages "$(build_packages; test_packages)"
for part in "$@"; do
  "run_$part"
done
