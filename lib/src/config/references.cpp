#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "config/cycles.hpp"
#include "config/resolve.hpp"

namespace aurora::config {
namespace {

constexpr std::size_t most_cycles = 100;
constexpr std::size_t longest_shown = 200;
constexpr std::string_view daemons_own = "aurorad";

class reference_check {
 public:
  reference_check(reader& in, const stack_draft& stack, const std::vector<service_draft>& services)
      : in_(in), stack_(stack), services_(services) {
    for (const auto& each : services) {
      index_.emplace(each.name, names_.size());
      names_.push_back(each.name);
    }
  }

  void run() {
    adjacency edges(services_.size());
    for (std::size_t i = 0; i < services_.size(); ++i) {
      for (const auto& each : services_[i].dependencies.items) check(i, each, edges[i]);
    }
    for (const auto& cycle : find_cycles(edges, most_cycles)) report(cycle);
    check_ports();
    check_log_names();
  }

 private:
  std::string key_of(const service_draft& service) const {
    return fmt::format("services.{}.depends_on", service.name);
  }

  void check(std::size_t from, const dependency_draft& on, std::vector<std::size_t>& edges) {
    const auto& service = services_[from];
    const auto found = index_.find(on.service);
    if (found == index_.end()) {
      if (!on.required) return;
      in_.fault_at(on.at.locate(), key_of(service),
                   fmt::format("there is no service {}", quote(on.service)),
                   in_.guess(on.service, names_));
      return;
    }
    if (found->second == from) {
      in_.fault_at(on.at.locate(), key_of(service),
                   fmt::format("{} depends on itself", quote(on.service)), "leave it out");
      return;
    }
    edges.push_back(found->second);
    warn_of_endless(service, on, services_[found->second]);
  }

  /// `completed` of something that is started again whenever it ends.
  void warn_of_endless(const service_draft& from, const dependency_draft& on,
                       const service_draft& target) {
    if (on.condition != dependency_condition::completed) return;
    const bool ends =
        target.type == service_type::oneshot ||
        (target.type == service_type::service && target.restart.policy != restart_policy::always);
    if (ends) return;
    in_.warn_at(on.at.locate(), key_of(from),
                fmt::format("{} never completes: it is no oneshot, and started again whenever it "
                            "ends",
                            quote(on.service)),
                fmt::format("give {} \"type\": \"oneshot\", or wait for \"ready\"", on.service));
  }

  const dependency_draft& entry(const service_draft& from, std::string_view on) const {
    const auto& items = from.dependencies.items;
    return *std::find_if(items.begin(), items.end(),
                         [&](const auto& each) { return each.service == on; });
  }

  void report(const std::vector<std::size_t>& cycle) {
    std::string way;
    for (std::size_t i = 0; i < std::min(cycle.size(), longest_shown); ++i) {
      way += fmt::format("{} → ", names_[cycle[i]]);
    }
    if (cycle.size() > longest_shown) {
      way += fmt::format("({} more) → ", cycle.size() - longest_shown);
    }
    const auto& first = services_[cycle[0]];
    in_.fault_at(entry(first, names_[cycle[1]]).at.locate(), key_of(first),
                 fmt::format("services wait for each other: {}{}", way, names_[cycle[0]]),
                 "take one of these dependencies out");
  }

  struct claim {
    unsigned first, last;
    const service_draft* by;
  };

  /// Two services cannot listen on one port; two external ones may be on two machines.
  void check_ports() {
    std::vector<claim> claims;
    for (const auto& each : services_) {
      if (each.port.value_or(0) == 0) continue;
      claims.push_back({*each.port, *each.port + each.instances - 1, &each});
    }
    std::stable_sort(claims.begin(), claims.end(),
                     [](const claim& a, const claim& b) { return a.first < b.first; });
    const claim* widest = nullptr;
    for (const auto& each : claims) {
      if (widest && each.first <= widest->last) clash(*widest, each);
      if (!widest || each.last > widest->last) widest = &each;
    }
  }

  void clash(const claim& a, const claim& b) {
    const auto external = [](const claim& c) { return c.by->type == service_type::external; };
    if (external(a) && external(b)) return;
    const auto& [one, other] =
        std::minmax(a, b, [](const claim& x, const claim& y) { return x.by->name < y.by->name; });
    in_.fault_at(locate_key(*other.by, stack_.defaults, "port"),
                 fmt::format("services.{}.port", other.by->name),
                 fmt::format("port {} is given to {} and to {}", b.first, quote(one.by->name),
                             quote(other.by->name)),
                 "give each its own, or 0 to pick a free one");
  }

  /// Two that write one file mix their output and rotate it under each other. Whatever the number
  /// of instances: `scale` may bring it down to one, whose files have the plain name.
  void check_log_names() {
    const auto writes = [](const service_draft& it) { return it.type != service_type::external; };
    for (const auto& each : services_) {
      if (!writes(each)) continue;
      if (each.name == daemons_own) {
        refuse_name(each, fmt::format("{} is the name of the daemon's own log, logs/{}.log",
                                      quote(each.name), each.name));
      }
      if (each.logs.err != stderr_mode::separate) continue;
      const auto other = index_.find(each.name + std::string(stderr_log_suffix));
      if (other == index_.end() || !writes(services_[other->second])) continue;
      refuse_name(services_[other->second],
                  fmt::format("{} would write to logs/{}.log, where {} keeps its stderr apart",
                              quote(other->first), other->first, quote(each.name)));
    }
  }

  void refuse_name(const service_draft& service, std::string message) {
    in_.fault_at(service.name_at.locate(), fmt::format("services.{}", service.name),
                 std::move(message), "give it another name");
  }

  reader& in_;
  const stack_draft& stack_;
  const std::vector<service_draft>& services_;
  std::map<std::string_view, std::size_t> index_;
  std::vector<std::string_view> names_;
};

}  // namespace

void check_references(reader& in, const stack_draft& stack,
                      const std::vector<service_draft>& services) {
  reference_check(in, stack, services).run();
}

}  // namespace aurora::config
