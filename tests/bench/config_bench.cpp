#include <string>

#include <benchmark/benchmark.h>

#include "config/fake_source.hpp"

namespace {

/// A stack of `count` services of about a kilobyte each, every tenth the dependency of the next.
std::string stack_of(int count) {
  std::string text = "{\"version\": 1, \"services\": {\n";
  for (int i = 0; i < count; ++i) {
    const auto number = std::to_string(i);
    text += "\"service-" + number + R"(": {
  "command": ["/usr/bin/python3", "/srv/application/server.py", "--listen", "127.0.0.1", "--name", "${AURORA_SERVICE}"],
  "working_dir": "services/number-)" +
            number + R"(", // where it lives
  "env": {"MODE": "production", "WORKERS": 4, "DATABASE_URL": "postgres://db.internal/app", "NUMBER": ")" +
            number + R"("},
  "restart": {"policy": "on-failure", "delay": "1s", "factor": 2, "max_delay": "20s", "limit": 8, "window": "10m"},
  "health": {"exec": ["/usr/bin/curl", "-fsS", "http://127.0.0.1:8080/health/)" +
            number + R"("], "interval": "30s", "timeout": "5s"},
  "stop": {"signal": "SIGTERM", "timeout": "30s"},
  "hooks": {"pre_start": ["/srv/application/prepare", "--check"], "post_stop": "rm -f /tmp/scratch-$$PPID"},
  "logs": {"max_size": "64MiB", "keep": 3, "compress": true},
  "limits": {"nofile": 65536, "memory": "512MiB"},
  "labels": {"team": "core", "tier": "backend", "cost-centre": "4711"})";
    if (i >= 10)
      text += ",\n  \"depends_on\": [\"service-" + std::to_string(i - i % 10 - 10) + "\"]";
    text += "\n},\n";
  }
  return text + "}}\n";
}

void load(benchmark::State& state) {
  aurora::test::fake_source source;
  const auto text = stack_of(static_cast<int>(state.range(0)));
  source.files[aurora::test::main_file] = text;
  for (auto _ : state) {
    auto result = aurora::load_config(aurora::test::main_file, source);
    if (!result.stack) {
      state.SkipWithError(aurora::test::told(result.faults).substr(0, 400).c_str());
      break;
    }
    benchmark::DoNotOptimize(result);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
  state.counters["MB"] = static_cast<double>(text.size()) / 1e6;
}
BENCHMARK(load)->Arg(1)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

/// Every service wrong in the same way: what is told must not cost more than what is read.
void load_faulty(benchmark::State& state) {
  aurora::test::fake_source source;
  auto text = stack_of(static_cast<int>(state.range(0)));
  for (auto at = text.find("\"delay\""); at != std::string::npos; at = text.find("\"delay\"", at)) {
    text.replace(at, 7, "\"dleay\"");
  }
  source.files[aurora::test::main_file] = text;
  for (auto _ : state) {
    auto result = aurora::load_config(aurora::test::main_file, source);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK(load_faulty)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
