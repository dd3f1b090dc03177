#include <aurora/config.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/env_file.hpp"
#include "config/resolve.hpp"
#include "config/scan.hpp"

namespace aurora {

config_source::~config_source() = default;

namespace config {
namespace {

constexpr std::size_t longest_name = 63;
/// A service takes some kilobytes however short its text is: without a bound a file of 16 MiB could
/// ask for gigabytes.
constexpr std::size_t most_services = 20'000;

bool is_service_name(std::string_view name) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.empty() || name.size() > longest_name || !letter_or_digit(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return letter_or_digit(c) || c == '.' || c == '_' || c == '-';
  });
}

std::optional<node> member(const node& of, std::string_view name) {
  std::optional<node> found;
  of.for_each_member([&](node key, node value) {
    if (!found && key.text() == name) found = value;
  });
  return found;
}

/// The variables that `${…}` can mean, all as `templated` text.
class variables {
 public:
  variables(config_source& source, const env_vars& stack) : source_(source), stack_(stack) {}

  std::optional<std::string> find(std::string_view name) {
    const std::string key(name);
    if (const auto outer = source_.variable(key)) return escape_dollars(*outer);
    for (; indexed_ < stack_.size(); ++indexed_) {
      from_stack_[stack_[indexed_].first] = stack_[indexed_].second.text;
    }
    for (const auto* layer : {&from_stack_, &from_files_}) {
      if (const auto found = layer->find(key); found != layer->end()) return found->second;
    }
    return std::nullopt;
  }

  void add_file(const env_pairs& pairs) {
    for (const auto& [name, value] : pairs) from_files_[name] = escape_dollars(value);
  }

 private:
  config_source& source_;
  const env_vars& stack_;  ///< grows while `env` is read
  std::size_t indexed_ = 0;
  std::unordered_map<std::string, std::string> from_stack_, from_files_;
};

class loader {
 public:
  loader(const std::string& path, config_source& source)
      : source_(source),
        path_(absolute_path("/", path)),
        variables_(source, stack_.variables),
        in_(faults_, [this](std::string_view name) { return variables_.find(name); }) {
    in_.directory = directory_of(path_);
    in_.check_env_file = [this](const node& at, const std::string& file) { env_file(at, file); };
  }

  load_result run() {
    if (const auto* main = open_main()) read_main(main->root());
    load_result result;
    result.files = files_;
    const bool good = !faults_.has_errors();
    result.faults = std::move(faults_).finish(files_);
    if (good) result.stack = finish();
    return result;
  }

 private:
  std::optional<std::string> read(const std::string& file, std::string& why) {
    auto text = source_.read(file, why);
    if (text) files_.push_back(file);
    return text;
  }

  const document* open_main() {
    std::string why;
    auto text = read(path_, why);
    if (!text) {
      in_.fault_at({path_, 0, 0}, "", fmt::format("cannot read the configuration: {}", why),
                   "name another file with --config");
      return nullptr;
    }
    return scan_text(path_, std::move(*text));
  }

  /// Nothing where the file has no value at all.
  const document* scan_text(const std::string& file, std::string text) {
    documents_.push_back(scan(file, std::move(text), faults_));
    return documents_.back()->empty() ? nullptr : documents_.back().get();
  }

  void read_main(const node& root) {
    if (!root.is(json_kind::object)) return in_.wrong_type(root, "an object");
    read_variables(root);
    apply(in_, root, stack_section(), stack_);
    if (const auto defaults = member(root, "defaults")) read_defaults(*defaults);
    const auto services = member(root, "services");
    const auto include = member(root, "include");
    if (services) read_services(*services);
    if (include) read_include(*include);
    if (!services && !include) {
      in_.fault(root, "there are no services", "add \"services\": {\"web\": {\"command\": […]}}");
    }
    resolve_all();
  }

  /// First of all: whatever comes later may use them.
  void read_variables(const node& root) {
    if (const auto files = member(root, "env_files")) {
      const reader::scope here(in_, "env_files");
      read_env_files(in_, *files, stack_.env_files);
      for (const auto& file : stack_.env_files) variables_.add_file(env_files_[file]);
    }
    if (const auto env = member(root, "env")) {
      const reader::scope here(in_, "env");
      read_env(in_, *env, stack_.variables);
    }
  }

  void env_file(const node& at, const std::string& file) {
    const auto [entry, fresh] = env_files_.try_emplace(file);
    if (!fresh) return;
    std::string why;
    const auto text = read(file, why);
    if (!text) {
      env_files_.erase(entry);
      return in_.fault(at, fmt::format("cannot read {}: {}", quote(file), why));
    }
    entry->second = read_env_text(*text, file, faults_);
  }

  void read_defaults(const node& defaults) {
    const reader::scope here(in_, "defaults");
    stack_.defaults = defaults;
    apply(in_, defaults, service_section(), base_);
  }

  void read_services(const node& services) {
    const reader::scope here(in_, "services");
    if (!services.is(json_kind::object)) return in_.wrong_type(services, "an object");
    services.for_each_member([&](node name, node value) { read_service(name, value); });
  }

  void read_service(const node& name, const node& value) {
    const reader::scope here(in_, name.text());
    if (!is_service_name(name.text())) {
      in_.fault(name, fmt::format("{} is not a name of a service", quote(name.text())),
                "up to 63 letters, digits, \".\", \"_\" and \"-\", the first a letter or digit");
    }
    const auto [seen, fresh] = defined_.emplace(name.text(), name);
    if (!fresh) {
      const auto first = seen->second.locate();
      // Within one file the scanner has told it already, as a key given twice.
      if (first.file == name.source().file) return;
      return in_.fault(name,
                       fmt::format("{} is defined twice: here and in {}, line {}",
                                   quote(name.text()), first.file, first.line),
                       "rename one of them");
    }
    if (services_.size() == most_services) {
      if (!std::exchange(too_many_, true)) {
        in_.fault(name, fmt::format("more than {} services", most_services));
      }
      return;
    }
    services_.push_back(base_);
    auto& service = services_.back();
    service.name = name.text();
    service.name_at = name;
    service.own = value;
    apply(in_, value, service_section(), service);
  }

  void read_include(const node& include) {
    const reader::scope here(in_, "include");
    std::set<std::string> seen{path_};
    read_list(in_, include, "a list of patterns", [&](const node& item) {
      const auto pattern = in_.read_path(item);
      if (!pattern) return;
      const bool plain = pattern->find_first_of("*?[") == std::string::npos;
      const auto matches = plain ? std::vector<std::string>{*pattern} : source_.glob(*pattern);
      for (const auto& file : matches) {
        if (seen.insert(file).second) read_included(item, file);
      }
    });
  }

  void read_included(const node& at, const std::string& file) {
    std::string why;
    auto text = read(file, why);
    if (!text) return in_.fault(at, fmt::format("cannot read {}: {}", quote(file), why));
    const auto* included = scan_text(file, std::move(*text));
    if (included == nullptr) return;
    // Messages show the keys of the file they are about, not "include[0].services".
    const reader::fresh_path here(in_);
    const auto root = included->root();
    if (!root.is(json_kind::object)) return in_.wrong_type(root, "an object");
    root.for_each_member([&](node name, node value) { read_included_key(name, value); });
  }

  void read_included_key(const node& name, const node& value) {
    if (name.text() == "version") {
      in_.read_integer(value, {1, 1});
    } else if (name.text() == "services") {
      read_services(value);
    } else if (name.text() != "$schema") {
      const reader::scope here(in_, name.text());
      in_.fault(name, fmt::format("{} is not a key of an included file", quote(name.text())),
                "it may hold \"version\" and \"services\"; all else belongs into the main file");
    }
  }

  void resolve_all() {
    std::sort(services_.begin(), services_.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    budget_check check_budget(in_, stack_);
    for (auto& service : services_) {
      resolve(in_, stack_, service);
      check_budget(service);
    }
    check_references(in_, stack_, services_);
  }

  stack_spec finish() {
    stack_spec stack = std::move(stack_);
    stack.config_file = path_;
    if (stack.name.empty()) {
      stack.name = in_.directory.substr(in_.directory.rfind('/') + 1);
      if (stack.name.empty()) stack.name = "aurora";
    }
    stack.services.reserve(services_.size());
    for (auto& each : services_) stack.services.push_back(std::move(each));
    return stack;
  }

  config_source& source_;
  const std::string path_;
  fault_list faults_;
  stack_draft stack_;
  service_draft base_;
  variables variables_;
  reader in_;
  std::vector<std::string> files_;
  std::vector<std::unique_ptr<document>> documents_;
  std::vector<service_draft> services_;
  bool too_many_ = false;
  std::unordered_map<std::string_view, place> defined_;
  std::map<std::string, env_pairs> env_files_;
};

}  // namespace
}  // namespace config

load_result load_config(const std::string& absolute_path, config_source& source) {
  return config::loader(absolute_path, source).run();
}

}  // namespace aurora
