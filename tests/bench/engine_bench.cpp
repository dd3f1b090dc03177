#include <benchmark/benchmark.h>

#include "property/simulated_day.hpp"

namespace {

/// Time for an event (an end, a deadline, a spawn's answer), whatever the size of the stack: it is
/// to grow no faster than log n, which is what the last lines fit.
void event(benchmark::State& state) {
  aurora::property::simulated_day day(42, static_cast<unsigned>(state.range(0)));
  const auto before = day.events();
  for (auto _ : state) day.next();
  state.SetItemsProcessed(static_cast<std::int64_t>(day.events() - before));
  state.counters["event"] =
      benchmark::Counter(static_cast<double>(day.events() - before),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(event)->Arg(10)->Arg(1'000)->Arg(10'000)->Complexity(benchmark::oLogN);

}  // namespace
