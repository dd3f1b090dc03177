#include <array>

#include <fmt/format.h>

#include <aurora/exit_status.hpp>

#include "config/draft.hpp"

/// The keys that say how a process is limited, stopped, accompanied, watched and logged.
namespace aurora::config {
namespace {

/// A size, or "unlimited".
void set_core(reader& in, const node& from, const key_info& row, limits_spec& to) {
  if (from.is(json_kind::string) && from.text() == "unlimited") {
    to.core = byte_count{~std::uint64_t{0}};
    return;
  }
  read(in, from, row, to.core);
}

}  // namespace

const section<limits_spec>& limits_section() {
  constexpr limits counts{1, 1e9};
  constexpr limits bytes{0, largest_size};
  static const section<limits_spec> table(
      "limits", "What a process of the service may use at most.",
      {
          field<&limits_spec::nofile>("nofile", "", counts, "Open files (RLIMIT_NOFILE)."),
          {{.name = "core",
            .doc = "Largest core file; \"unlimited\" for no limit.",
            .range = bytes,
            .schema = R"("anyOf": [{"$ref": "#/$defs/size"}, {"const": "unlimited"}])"},
           set_core},
          field<&limits_spec::memory>("memory", "", {1024 * 1024, bytes.most},
                                      "Memory: of the cgroup where one can be made, else "
                                      "RLIMIT_AS."),
          field<&limits_spec::cpu>("cpu", "", {0.01, 4096}, "Cores; needs a cgroup."),
          field<&limits_spec::tasks>("tasks", "", counts, "Processes and threads; needs a cgroup."),
      });
  return table;
}

namespace {

constexpr std::array<std::pair<std::string_view, signal_scope>, 2> scopes{
    {{"group", signal_scope::group}, {"main", signal_scope::main}}};

void set_signal(reader& in, const node& from, const key_info&, stop_spec& to) {
  int number = 0;
  if (from.is(json_kind::number)) {
    const auto value = in.read_integer(from, {1, 64});
    if (!value) return;
    number = static_cast<int>(*value);
  } else {
    const auto name = in.read_text(from, own_variables::refused, "the name of a signal");
    if (!name) return;
    number = signal_number(*name);
    if (number < 1 || number > 64) {
      auto hint = in.guess(*name, {"SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGUSR1",
                                   "SIGUSR2", "SIGWINCH"});
      if (hint.empty()) hint = "try \"SIGTERM\"";
      return in.fault(from, fmt::format("{} is not a signal", quote(*name)), std::move(hint));
    }
  }
  to.signal = number;
}

}  // namespace

const section<stop_spec>& stop_section() {
  static const section<stop_spec> table(
      "stop", "How the service is stopped.",
      {
          special<stop_spec>("signal", R"("SIGTERM")",
                             R"("anyOf": [{"type": "integer", "minimum": 1, "maximum": 64}, )"
                             R"({"type": "string", "minLength": 1}])",
                             "Signal that asks it to end.", set_signal),
          field<&stop_spec::timeout>("timeout", R"("10s")", {0, longest_time},
                                     "Time until SIGKILL to it and all its descendants."),
          word<&stop_spec::to, scopes>("to", R"("group")",
                                       "Who gets the signal: the process group or the main "
                                       "process."),
          field<&stop_spec::command>("command", "[]", {},
                                     "Run instead of sending the signal; [] for none."),
      });
  return table;
}

const section<hooks_spec>& hooks_section() {
  static const section<hooks_spec> table(
      "hooks", "Commands run around the service; [] for none.",
      {
          field<&hooks_spec::pre_start>("pre_start", "[]", {},
                                        "Before each start; a failure is a failed start."),
          field<&hooks_spec::post_start>("post_start", "[]", {}, "Once it is ready."),
          field<&hooks_spec::pre_stop>("pre_stop", "[]", {}, "Before it is asked to stop."),
          field<&hooks_spec::post_stop>("post_stop", "[]", {}, "When it has ended."),
      });
  return table;
}

namespace {

void set_paths(reader& in, const node& from, const key_info&, watch_spec& to) {
  to.paths.clear();
  read_list(in, from, "a list of paths", [&](const node& item) {
    if (auto path = in.read_path(item)) to.paths.push_back(std::move(*path));
  });
}

void set_ignore(reader& in, const node& from, const key_info&, watch_spec& to) {
  to.ignore.clear();
  read_list(in, from, "a list of patterns", [&](const node& item) {
    if (auto text = in.read_text(item, own_variables::refused)) to.ignore.push_back(*text);
  });
}

constexpr std::string_view list_of_texts = R"("type": "array", "items": {"type": "string"})";

}  // namespace

const section<watch_spec>& watch_section() {
  static const section<watch_spec> table(
      "watch", "Restarts the service when files change.",
      {
          special<watch_spec>("paths", "[]", list_of_texts, "Files and directories to watch.",
                              set_paths),
          special<watch_spec>("ignore", "[]", list_of_texts,
                              "Patterns of file names that do not matter: \"*.pyc\".", set_ignore),
          field<&watch_spec::debounce>("debounce", R"("300ms")", {0, 3600},
                                       "Quiet time after a change before the restart."),
      });
  return table;
}

namespace {

constexpr std::array<std::pair<std::string_view, stderr_mode>, 2> stderr_modes{
    {{"merged", stderr_mode::merged}, {"separate", stderr_mode::separate}}};

}  // namespace

const section<logs_spec>& logs_section() {
  static const section<logs_spec> table(
      "logs", "Where its output goes.",
      {
          field<&logs_spec::max_size>("max_size", R"("10MiB")", {1024, largest_size},
                                      "Size at which the file is rotated."),
          field<&logs_spec::keep>("keep", "5", {0, 1000},
                                  "Rotated files kept beside the current one."),
          field<&logs_spec::compress>("compress", "false", {},
                                      "Whether rotated files are compressed (gzip)."),
          word<&logs_spec::err, stderr_modes>("stderr", R"("merged")",
                                              "Standard error: in the same file, in the order "
                                              "written, or in NAME.err.log."),
      });
  return table;
}

}  // namespace aurora::config
