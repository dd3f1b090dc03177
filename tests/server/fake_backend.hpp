#pragma once

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/backend.hpp"

namespace aurora::server {

/// A supervisor of values: "db", "web@1", "web@2". Lives on the loop's thread.
class fake_backend : public backend {
 public:
  explicit fake_backend(std::string log_dir) : log_dir_(std::move(log_dir)) {
    for (const char* name : {"db", "web@1", "web@2"}) add(name);
  }

  void add(const std::string& name) {
    service_status made;
    made.instance.name = name;
    made.instance.service = name.substr(0, name.find('@'));
    made.instance.state = state::running;
    made.instance.desired = desired_state::up;
    made.instance.why = reason::ready;
    stack.services.push_back(made);
  }
  void remove(const std::string& name) {
    std::erase_if(stack.services, [&](const auto& each) { return each.instance.name == name; });
  }

  /// A journal entry, told to whoever observes.
  void happen(const std::string& instance, state to) {
    journal_entry entry;
    entry.sequence = ++sequence;
    entry.instance = instance;
    entry.to = to;
    journal.push_back(entry);
    for (auto& each : stack.services) {
      if (each.instance.name == instance) each.instance.state = to;
    }
    for (observer* each : observers) each->on_entry(entry);
  }

  /// Output of an instance: to its file, then to its followers.
  void print(const std::string& instance, const std::string& bytes) {
    std::ofstream(log_path(instance), std::ios::app | std::ios::binary) << bytes;
    const auto offset = written[instance];
    written[instance] += bytes.size();
    const auto sinks = followers;
    for (const auto& [key, sink] : sinks) {
      if (key.first == instance) sink(bytes, offset);
    }
  }

  /// Lets the waiting operations end.
  void release();

  // --- backend ---
  stack_status status() override { return count(stack); }

  answer<std::vector<service_status>> services(const std::vector<std::string>& names) override {
    std::vector<service_status> found;
    std::set<std::string> known;
    for (const auto& each : stack.services) {
      const auto is = [&](const auto& n) {
        return n == each.instance.name || n == each.instance.service;
      };
      if (names.empty() || std::any_of(names.begin(), names.end(), is)) found.push_back(each);
      known.insert({each.instance.name, each.instance.service});
    }
    for (const auto& name : names) {
      if (known.count(name) == 0) return unknown(name);
    }
    return found;
  }

  boost::asio::awaitable<answer<operation_report>> operate(verb what,
                                                           std::vector<std::string> names,
                                                           std::optional<duration> wait) override;
  boost::asio::awaitable<answer<operation_report>> scale(std::string service, unsigned instances,
                                                         std::optional<duration> wait) override;
  answer<void> signal(const std::string& name, int number) override {
    changes += 1;
    const std::vector<std::string> one(1, name);
    if (const auto who = services(one); !who) return who.error();
    signalled = name + ":" + std::to_string(number);
    return {};
  }

  boost::asio::awaitable<answer<plan_steps>> plan() override;
  boost::asio::awaitable<answer<reload_report>> reload(std::optional<duration> wait) override;
  boost::asio::awaitable<answer<upgrade_report>> upgrade() override;
  void shutdown() override { ended = "shutdown"; }
  void force_shutdown() override { ended = "forced"; }

  boost::asio::awaitable<answer<std::vector<probe_report>>> check(
      std::vector<std::string> names) override;
  boost::asio::awaitable<answer<std::vector<explanation>>> why(std::string name) override;
  service_graph graph() override {
    service_graph out;
    out.edges.push_back({"web", "db", "ready", true, false, true});
    return out;
  }
  boost::asio::awaitable<std::string> metrics(wire::exposition how) override {
    co_return how == wire::exposition::text ? "text\n" : "# EOF\n";
  }
  boost::asio::awaitable<answer<std::vector<wire::instance_configuration>>> configuration_of(
      std::string name) override;
  boost::asio::awaitable<answer<std::vector<process_list>>> processes(std::string name) override;
  answer<std::vector<probe_history>> probes(const std::string& name) override;
  answer<std::vector<usage_history>> usage(const std::string& name) override;
  std::shared_ptr<void> watch_usage() override {
    ++usage_watchers;
    return std::shared_ptr<void>(nullptr, [this](void*) { --usage_watchers; });
  }
  std::vector<journal_entry> events(std::uint64_t since, std::size_t most) override {
    std::vector<journal_entry> out;
    for (const auto& each : journal) {
      if (each.sequence > since && out.size() < most) out.push_back(each);
    }
    return out;
  }
  bool ready() override {
    return std::all_of(stack.services.begin(), stack.services.end(),
                       [](const auto& each) { return each.instance.state == state::running; });
  }
  answer<std::vector<log_source>> logs(const std::vector<std::string>& names) override {
    const auto who = services(names);
    if (!who) return who.error();
    std::vector<log_source> out;
    for (const auto& each : *who) {
      out.push_back(
          {each.instance.name, log_path(each.instance.name), written[each.instance.name]});
    }
    return out;
  }
  std::shared_ptr<void> follow(const std::string& instance, log_sink sink) override {
    const auto key = std::pair(instance, ++last_follower);
    followers.emplace(key, std::move(sink));
    return std::shared_ptr<void>(nullptr, [this, key](void*) { followers.erase(key); });
  }
  void audit(audit_kind what, const std::string& line) override {
    audited.push_back((what == audit_kind::refused ? "! " : "") + line);
  }
  std::string http_url() override { return url; }
  void observe(observer& who) override { observers.insert(&who); }
  void forget(observer& who) override { observers.erase(&who); }

  stack_status stack;
  std::vector<journal_entry> journal;
  std::uint64_t sequence = 0;
  std::set<observer*> observers;
  std::map<std::pair<std::string, int>, log_sink> followers;
  std::map<std::string, std::uint64_t> written;
  int last_follower = 0;
  plan_steps steps;
  problem invalid{};
  std::vector<std::string> audited;  ///< refusals begin with "! "
  std::string url;
  std::string scaled, signalled, ended;
  int usage_watchers = 0;
  int changes = 0;    ///< calls that change something
  int abandoned = 0;  ///< waits that were cancelled
  int calls = 0;      ///< of `status`
  bool hold = false, released = false;
  struct waiter;
  std::set<waiter*> waiting;

 private:
  std::string log_path(const std::string& instance) const {
    return log_dir_ + "/" + instance + ".log";
  }

  stack_status count(const stack_status& what) {
    ++calls;
    return what;
  }

  static problem unknown(const std::string& name) {
    problem out;
    out.status = 404;
    out.type = "no-such-service";
    out.title = "there is no service \"" + name + "\"";
    return out;
  }

  boost::asio::awaitable<void> until_released();

  std::string log_dir_;
};

}  // namespace aurora::server
