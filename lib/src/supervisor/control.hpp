#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "server/backend.hpp"
#include "supervisor/configuration.hpp"
#include "supervisor/cpu_account.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/sampler.hpp"
#include "wire/metrics.hpp"

namespace aurora::shell {

/// What the API asks, answered from the driver.
class control : public server::backend {
 public:
  struct options {
    std::string config_file;  ///< read again by plan and reload
    int keeper_pid = 0;
    std::function<keeper::standing()> standing;  ///< of this reactor's program; may be empty
    std::function<boost::asio::awaitable<server::answer<upgrade_report>>()> on_upgrade;
    std::function<void(bool force)> on_shutdown;  ///< the daemon's own way down
    std::function<void()> on_reload;              ///< a configuration was applied; may be empty
  };
  control(driver& of, options how);

  stack_status status() override;
  server::answer<std::vector<service_status>> services(
      const std::vector<std::string>& names) override;
  boost::asio::awaitable<server::answer<operation_report>> operate(
      server::verb what, std::vector<std::string> names, std::optional<duration> wait) override;
  boost::asio::awaitable<server::answer<operation_report>> scale(
      std::string service, unsigned instances, std::optional<duration> wait) override;
  server::answer<void> signal(const std::string& name, int number) override;
  boost::asio::awaitable<server::answer<plan_steps>> plan() override;
  boost::asio::awaitable<server::answer<reload_report>> reload(
      std::optional<duration> wait) override;
  boost::asio::awaitable<server::answer<upgrade_report>> upgrade() override;
  void shutdown() override;
  void force_shutdown() override;
  boost::asio::awaitable<server::answer<std::vector<probe_report>>> check(
      std::vector<std::string> names) override;
  boost::asio::awaitable<server::answer<std::vector<explanation>>> why(std::string name) override;
  service_graph graph() override;
  boost::asio::awaitable<std::string> metrics(wire::exposition how) override;
  boost::asio::awaitable<server::answer<std::vector<wire::instance_configuration>>>
  configuration_of(std::string name) override;
  boost::asio::awaitable<server::answer<std::vector<process_list>>> processes(
      std::string name) override;
  server::answer<std::vector<probe_history>> probes(const std::string& name) override;
  server::answer<std::vector<usage_history>> usage(const std::string& name) override;
  std::shared_ptr<void> watch_usage() override { return driver_.usage().watch(); }
  std::vector<journal_entry> events(std::uint64_t since, std::size_t most) override;
  bool ready() override;
  server::answer<std::vector<server::log_source>> logs(
      const std::vector<std::string>& names) override;
  std::shared_ptr<void> follow(const std::string& instance, log_sink sink) override;
  void audit(audit_kind what, const std::string& line) override {
    driver_.log(what == audit_kind::change ? log_level::info : log_level::warning,
                "audit: " + line);
  }
  std::string http_url() override { return http_url_; }
  /// What the TCP listener is reached by; empty: nothing listens.
  void set_http_url(std::string url) { http_url_ = std::move(url); }
  void observe(server::observer& who) override { driver_.entries().observe(who); }
  void forget(server::observer& who) override { driver_.entries().forget(who); }

 private:
  server::answer<core::targets> resolve(const std::vector<std::string>& names) const;
  service_status status_of(core::instance_id id, instant now);
  operation_report report(const core::targets& who, const std::vector<bool>& already,
                          driver::goal towards, bool settled) const;
  target_report report_one(core::instance_id id, bool already, driver::goal towards,
                           bool settled) const;
  boost::asio::awaitable<operation_report> settle_change(core::targets who,
                                                         std::optional<duration> wait);
  std::vector<std::string> put_off() const;
  boost::asio::awaitable<server::answer<configuration>> read_again();
  boost::asio::awaitable<void> lock_configuration();
  wire::instance_metrics count(core::instance_id id, instant now);
  boost::asio::awaitable<probe_report> check_one(core::instance_id id);
  boost::asio::awaitable<void> check_into(core::instance_id id, probe_report& into,
                                          std::size_t& left, boost::asio::steady_timer& answered);

  driver& driver_;
  options options_;
  std::string http_url_;
  sampler sampler_;
  std::map<core::instance_id, cpu_account> cpu_;
  stack_spec as_started_;  ///< without its services: what only a start of the daemon adopts
  wall_time started_at_;
  instant began_;
  bool configuring_ = false;
  boost::asio::steady_timer configured_;
};

}  // namespace aurora::shell
