#include "wire/metrics.hpp"

#include <array>

#include <fmt/format.h>

namespace aurora::wire {
namespace {

enum class kind { gauge, counter, histogram, info };

std::string_view word(kind what, exposition how) {
  switch (what) {
    case kind::counter:
      return "counter";
    case kind::histogram:
      return "histogram";
    case kind::info:
      return how == exposition::openmetrics ? "info" : "gauge";
    case kind::gauge:
      break;
  }
  return "gauge";
}

constexpr std::array every_state{state::stopped, state::waiting,  state::starting,
                                 state::running, state::stopping, state::backoff,
                                 state::failed,  state::completed};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

/// The end of a range as both formats are to have it: "1.0" where one would say 1, or the series of
/// the two would differ in that label.
std::string bound(double number) {
  auto out = fmt::format("{}", number);
  if (out.find_first_of(".e") == out.npos) out += ".0";
  return out;
}

/// Writes families one after the other, each with all its samples: a family that is met again is an
/// error in OpenMetrics.
class writer {
 public:
  writer(std::string& out, exposition how) : out_(out), how_(how) {}

  /// `name` as its samples have it, `_total` and `_info` included.
  void family(kind what, std::string_view name, std::string_view help) {
    name_ = name;
    auto base = name;
    if (how_ == exposition::openmetrics) {
      if (what == kind::counter) base.remove_suffix(std::string_view("_total").size());
      if (what == kind::info) base.remove_suffix(std::string_view("_info").size());
    }
    put("# HELP {} {}.\n# TYPE {} {}\n", base, help, base, word(what, how_));
    for (const std::string_view unit : {"seconds", "bytes"})
      if (how_ == exposition::openmetrics && base.ends_with(unit))
        put("# UNIT {} {}\n", base, unit);
  }

  template <class Number>
  void sample(std::string_view labels, Number value) {
    put(labels.empty() ? "{}{} {}\n" : "{}{{{}}} {}\n", name_, labels, value);
  }

  void histogram(std::string_view labels, const core::histogram& of) {
    if (of.count() == 0) return;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < of.counts().size(); ++i) {
      below += of.counts()[i];
      const auto end = i < of.bounds().size() ? bound(of.bounds()[i]) : "+Inf";
      put("{}_bucket{{{}{}le=\"{}\"}} {}\n", name_, labels, labels.empty() ? "" : ",", end, below);
    }
    const auto braced = labels.empty() ? std::string() : fmt::format("{{{}}}", labels);
    put("{}_sum{} {}\n{}_count{} {}\n", name_, braced, of.sum(), name_, braced, of.count());
  }

  void end() {
    if (how_ == exposition::openmetrics) out_ += "# EOF\n";
  }

 private:
  template <class... Args>
  void put(std::string_view form, const Args&... args) {
    fmt::vformat_to(std::back_inserter(out_), form, fmt::make_format_args(args...));
  }

  std::string& out_;
  exposition how_;
  std::string_view name_;
};

struct labelled {
  const instance_metrics& of;
  std::string labels;
};
using labelled_instances = std::vector<labelled>;

/// One family, with a sample of each instance of which `value` knows one.
template <class Value>
void each(writer& to, const labelled_instances& all, kind what, std::string_view name,
          std::string_view help, Value value) {
  to.family(what, name, help);
  for (const auto& [of, labels] : all)
    if (const auto known = value(of)) to.sample(labels, *known);
}

template <class T>
std::optional<T> when(bool known, T value) {
  return known ? std::optional<T>(value) : std::nullopt;
}

void write_states(writer& to, const labelled_instances& all) {
  to.family(kind::gauge, "aurora_service_state", "1 for the state the instance is in, else 0");
  for (const auto& [of, labels] : all)
    for (const auto each_state : every_state)
      to.sample(fmt::format("{},state=\"{}\"", labels, to_string(each_state)),
                of.state == each_state ? 1 : 0);
  each(to, all, kind::gauge, "aurora_service_up", "1 while the instance is running (ready)",
       [](const auto& of) { return std::optional(of.state == state::running ? 1 : 0); });
  each(to, all, kind::gauge, "aurora_service_healthy",
       "1 while its probe finds it healthy; absent where it has no probe", [](const auto& of) {
         return when(of.health != health::none, of.health == health::healthy ? 1 : 0);
       });
  each(to, all, kind::gauge, "aurora_service_uptime_seconds", "Age of its process",
       [](const auto& of) {
         return when(of.uptime.has_value(),
                     std::chrono::duration<double>(of.uptime.value_or(duration{})).count());
       });
}

void write_counts(writer& to, const labelled_instances& all) {
  each(to, all, kind::counter, "aurora_service_restarts_total",
       "Restarts after an end that nobody wanted",
       [](const auto& of) { return std::optional(of.counted.restarts); });
  to.family(kind::counter, "aurora_service_exits_total",
            "Ends of its process by cause; stopped: Aurora ended it");
  for (const auto& [of, labels] : all)
    for (std::size_t i = 0; i < core::end_causes; ++i)
      to.sample(fmt::format("{},cause=\"{}\"", labels, to_string(core::end_cause(i))),
                of.counted.ends[i]);
  to.family(kind::histogram, "aurora_service_start_duration_seconds",
            "Time from the begin of a start until it was ready");
  for (const auto& [of, labels] : all) to.histogram(labels, of.counted.starts);
  to.family(kind::histogram, "aurora_probe_duration_seconds", "Time that health checks took");
  for (const auto& [of, labels] : all) to.histogram(labels, of.counted.probes);
  each(to, all, kind::counter, "aurora_probe_failures_total",
       "Health checks that failed; absent before the first check", [](const auto& of) {
         return when(of.counted.probes.count() > 0, of.counted.probe_failures);
       });
}

void write_use(writer& to, const labelled_instances& all) {
  each(to, all, kind::counter, "aurora_service_cpu_seconds_total",
       "Processor time of its process and what descends from it",
       [](const auto& of) { return of.cpu_seconds; });
  each(to, all, kind::gauge, "aurora_service_memory_bytes",
       "Resident memory of its process and what descends from it", [](const auto& of) {
         return when(of.held.has_value(), of.held.value_or(tree_totals{}).memory_bytes);
       });
  each(to, all, kind::gauge, "aurora_service_open_fds",
       "Open descriptors of its process and what descends from it", [](const auto& of) {
         return when(of.held.has_value(), of.held.value_or(tree_totals{}).open_fds);
       });
  each(to, all, kind::counter, "aurora_log_bytes_total", "Bytes of output that it wrote",
       [](const auto& of) { return of.log_bytes; });
  each(to, all, kind::counter, "aurora_log_dropped_bytes_total",
       "Bytes of output that were dropped while its log could not be written",
       [](const auto& of) { return of.log_dropped_bytes; });
}

void write_daemon(writer& to, const stack_metrics& what) {
  to.family(kind::histogram, "aurora_reactor_lag_seconds",
            "How much later than it was due the daemon's loop got to something");
  if (what.lag) to.histogram({}, *what.lag);
  const auto one = [&](kind type, std::string_view name, std::string_view help, auto value) {
    to.family(type, name, help);
    to.sample({}, value);
  };
  const auto& is = what.process;
  one(kind::counter, "process_cpu_seconds_total", "Processor time of the daemon", is.cpu_seconds);
  one(kind::gauge, "process_resident_memory_bytes", "Resident memory of the daemon",
      is.resident_bytes);
  one(kind::gauge, "process_virtual_memory_bytes", "Virtual memory of the daemon",
      is.virtual_bytes);
  one(kind::gauge, "process_open_fds", "Open descriptors of the daemon", is.open_fds);
  one(kind::gauge, "process_max_fds", "Most descriptors the daemon may open", is.max_fds);
  one(kind::gauge, "process_start_time_seconds", "When the daemon started, in seconds since 1970",
      is.start_seconds);
}

}  // namespace

std::string metrics_text(const stack_metrics& what, exposition how) {
  constexpr std::size_t most_of_one = 6 * 1024;  // with two full histograms
  std::string out;
  out.reserve(4096 + what.instances.size() * most_of_one);
  labelled_instances all;
  all.reserve(what.instances.size());
  for (const auto& of : what.instances)
    all.push_back(
        {of, fmt::format("service=\"{}\",instance=\"{}\"", escaped(of.service), of.instance)});
  writer to(out, how);
  to.family(kind::info, "aurora_build_info", "What runs here; always 1");
  to.sample(fmt::format("version=\"{}\"", escaped(what.version)), 1);
  write_states(to, all);
  write_counts(to, all);
  write_use(to, all);
  write_daemon(to, what);
  to.end();
  return out;
}

}  // namespace aurora::wire
