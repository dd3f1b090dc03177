#include <boost/test/unit_test.hpp>

#include "wire/metrics_sample.hpp"

namespace {

using namespace aurora;
using namespace aurora::wire;

bool has_line(const std::string& text, const std::string& line) {
  return text.starts_with(line + "\n") || text.find("\n" + line + "\n") != text.npos;
}

BOOST_AUTO_TEST_SUITE(metrics)

// What is known has its value, its labels and its type; what is not known has no sample.
BOOST_AUTO_TEST_CASE(plain_text) {
  const auto text = metrics_text(sample_metrics(), exposition::text);
  for (const char* line : {
           R"(# TYPE aurora_build_info gauge)",
           R"(aurora_build_info{version="0.1 \"odd\\ one\"\n"} 1)",
           R"(aurora_service_state{service="web",instance="2",state="running"} 1)",
           R"(aurora_service_state{service="web",instance="2",state="failed"} 0)",
           R"(aurora_service_state{service="db",instance="1",state="stopped"} 1)",
           R"(aurora_service_up{service="web",instance="2"} 1)",
           R"(aurora_service_up{service="db",instance="1"} 0)",
           R"(aurora_service_healthy{service="web",instance="2"} 1)",
           R"(# TYPE aurora_service_restarts_total counter)",
           R"(aurora_service_restarts_total{service="web",instance="2"} 1)",
           R"(aurora_service_exits_total{service="web",instance="2",cause="error"} 1)",
           R"(aurora_service_exits_total{service="web",instance="2",cause="oom"} 0)",
           R"(# TYPE aurora_service_start_duration_seconds histogram)",
           R"(aurora_service_start_duration_seconds_bucket{service="web",instance="2",le="0.5"} 0)",
           R"(aurora_service_start_duration_seconds_bucket{service="web",instance="2",le="1.0"} 1)",
           R"(aurora_service_start_duration_seconds_sum{service="web",instance="2"} 0.7)",
           R"(aurora_service_start_duration_seconds_count{service="web",instance="2"} 1)",
           R"(aurora_probe_duration_seconds_bucket{service="web",instance="2",le="0.001"} 2)",
           R"(aurora_probe_duration_seconds_bucket{service="web",instance="2",le="5.0"} 3)",
           R"(aurora_probe_duration_seconds_bucket{service="web",instance="2",le="+Inf"} 4)",
           R"(aurora_probe_failures_total{service="web",instance="2"} 2)",
           R"(aurora_service_uptime_seconds{service="web",instance="2"} 1.5)",
           R"(aurora_service_cpu_seconds_total{service="web",instance="2"} 0.25)",
           R"(aurora_service_memory_bytes{service="web",instance="2"} 12345678)",
           R"(aurora_service_open_fds{service="web",instance="2"} 9)",
           R"(aurora_log_bytes_total{service="web",instance="2"} 1000000000000000)",
           R"(aurora_log_dropped_bytes_total{service="web",instance="2"} 0)",
           R"(aurora_reactor_lag_seconds_bucket{le="0.001"} 1)",
           R"(aurora_reactor_lag_seconds_count 1)",
           R"(process_cpu_seconds_total 1.5)",
           R"(process_max_fds 1024)",
           R"(process_start_time_seconds 1764339710.125)",
       })
    BOOST_TEST(has_line(text, line), line << "\n" << text);
  for (const char* absent :
       {R"(aurora_service_healthy{service="db")", R"(aurora_probe_failures_total{service="db")",
        R"(aurora_service_memory_bytes{service="db")", R"(aurora_log_bytes_total{service="db")",
        R"(aurora_probe_duration_seconds_count{service="db")", "# EOF", "# UNIT"})
    BOOST_TEST(text.find(absent) == text.npos, absent);
}

// The same samples; families are called without their suffix, and the end is marked.
BOOST_AUTO_TEST_CASE(openmetrics) {
  const auto plain = metrics_text(sample_metrics(), exposition::text);
  const auto open = metrics_text(sample_metrics(), exposition::openmetrics);
  const auto samples = [](const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at) + 1;
      if (text[at] != '#') out += text.substr(at, end - at);
      at = end;
    }
    return out;
  };
  BOOST_TEST(samples(plain) == samples(open));
  BOOST_TEST(open.ends_with("\n# EOF\n"));
  for (const char* line :
       {"# TYPE aurora_build info", "# TYPE aurora_service_restarts counter",
        "# TYPE process_cpu_seconds counter", "# UNIT process_cpu_seconds seconds",
        "# TYPE aurora_log_bytes counter", "# UNIT aurora_log_bytes bytes"})
    BOOST_TEST(has_line(open, line), line);
}

// OpenMetrics is for who names it, in version 1, and does not rather have plain text.
BOOST_AUTO_TEST_CASE(negotiation) {
  for (const char* accept :
       {"application/openmetrics-text", "application/openmetrics-text; version=1.0.0",
        "Application/OpenMetrics-Text;charset=utf-8;VERSION=1.0.0;Q=0.5,text/plain;q=0.5",
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "text/html , application/openmetrics-text ;q=0.001"})
    BOOST_TEST((exposition_for(accept) == exposition::openmetrics), accept);
  for (const char* accept :
       {"", "*/*", "text/plain", "text/plain;version=0.0.4", "application/*",
        "application/openmetrics-text;q=0", "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;q=0.4,text/plain",
        "application/openmetrics-text;q=", "application/openmetrics-text;q=nan",
        "application/openmetrics-text;q=9", "application/openmetrics-textual", ";;,,=;q=", "\xff"})
    BOOST_TEST((exposition_for(accept) == exposition::text), accept);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
