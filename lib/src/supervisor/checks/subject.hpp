#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <aurora/checks.hpp>

#include "supervisor/checks/traces.hpp"
#include "supervisor/state_dir.hpp"

namespace aurora::shell {

/// What all checks look at.
struct subject {
  const stack_spec& stack;
  const check_scope& scope;
  state_paths paths;
  std::vector<const service_spec*> services;  ///< whose own things are looked at
  daemon_traces daemon;
};

/// Writes the findings of one kind down.
class notes {
 public:
  notes(std::vector<finding>& into, std::string_view check, std::string_view service = {})
      : into_(into), check_(check), service_(service) {}

  void ok(std::string text) { add(verdict::ok, std::move(text), {}); }
  void warn(std::string text, std::string fix) {
    add(verdict::warn, std::move(text), std::move(fix));
  }
  void fail(std::string text, std::string fix) {
    add(verdict::fail, std::move(text), std::move(fix));
  }
  /// Nothing was wrong so far.
  bool well() const { return well_; }

 private:
  void add(verdict how, std::string text, std::string fix) {
    well_ = well_ && how == verdict::ok;
    into_.push_back({how, check_, service_, std::move(text), std::move(fix)});
  }
  std::vector<finding>& into_;
  std::string check_, service_;
  bool well_ = true;
};

/// `text` as a shell takes it for one word.
std::string shell_word(std::string_view text);

void check_configuration(const subject& of, std::vector<finding>& into);
void check_prerequisites(const subject& of, std::vector<finding>& into);
void check_commands(const subject& of, std::vector<finding>& into);
void check_ports(const subject& of, std::vector<finding>& into);
void check_state(const subject& of, std::vector<finding>& into);
void check_limits(const subject& of, std::vector<finding>& into);
void check_cgroup(const subject& of, std::vector<finding>& into);
void check_disk(const subject& of, std::vector<finding>& into);
void check_clock(const subject& of, std::vector<finding>& into);
void check_kernel(const subject& of, std::vector<finding>& into);
void check_leftovers(const subject& of, std::vector<finding>& into);
void check_rivals(const subject& of, std::vector<finding>& into);

}  // namespace aurora::shell
