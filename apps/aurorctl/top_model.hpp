#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live_status.hpp"
#include "top_log.hpp"

/// What `aurorctl top` knows and decides: keys and the daemon's messages go in, what to show and
/// what to ask for come out. It knows no terminal, no socket and no clock.
namespace aurora::ctl {

struct top_key {
  enum class kind { text, up, down, page_up, page_down, home, end, enter, escape, backspace };
  kind what = kind::text;
  char text = 0;
};

/// What the daemon is to be asked for.
struct top_change {
  std::string verb;  ///< "start", "stop", "restart", "signal"
  std::string name;
  int signal = 0;
};

enum class top_order { listed, state, cpu, memory, restarts };
/// "name", "state", "CPU", …
std::string_view name_of(top_order order);

class top_model {
 public:
  /// names: which services are shown; none means all.
  explicit top_model(std::vector<std::string> names) : names_(std::move(names)) {}

  void on_snapshot(const status_view& status, steady::time_point now);
  void on_service(const service_view& service, steady::time_point now);
  void on_removed(const std::string& name);
  void on_usage(const std::vector<usage_view>& usage);
  void on_lost();
  /// The answer to "why" about that instance.
  void explain(const std::string& name, std::vector<std::string> lines);
  /// A line for the person, until the next key; `bad`: something went wrong.
  void tell(std::string text, bool bad);
  top_log& log() { return log_; }
  const top_log& log() const { return log_; }

  /// Returns the change that the key, or the answer to a question, asks for.
  std::optional<top_change> press(top_key key);
  /// By how much a page moves the log or the selection; the view knows.
  void set_page(std::size_t lines) { page_ = lines > 0 ? lines : 1; }

  enum class mode { table, filter, confirm_stop, ask_signal, help };
  mode now_in() const { return mode_; }
  /// Whom the question on the last line is about, in confirm_stop and ask_signal.
  const std::string& asked_about() const { return asked_about_; }
  /// What is being typed, in the modes filter and ask_signal.
  const std::string& typed() const { return typed_; }
  const std::string& filter() const { return filter_; }
  top_order order() const { return order_; }
  bool over() const { return over_; }
  bool lost() const { return lost_; }
  const std::string& message() const { return message_; }
  bool message_is_bad() const { return bad_; }
  bool shows_log() const { return shows_log_; }
  bool shows_why() const { return shows_why_; }
  bool expanded() const { return expanded_; }
  std::size_t scrolled() const { return scrolled_; }
  const std::vector<std::string>& why() const { return why_; }

  const live_status& status() const { return status_; }
  /// The services of `all` that are shown, in their order.
  std::vector<const service_view*> shown(const status_view& all) const;
  /// The selected one's name; empty: nothing is shown.
  const std::string& selected() const { return selected_; }
  /// Whose log, whose explanation is wanted; empty: nobody's.
  std::string wanted_log() const { return shows_log_ ? selected_ : std::string(); }
  std::string wanted_why() const { return shows_why_ ? selected_ : std::string(); }

  /// When what is shown changes by itself, because it is a time; none: it does not.
  std::optional<duration> changes_within(steady::time_point now) const;

 private:
  std::optional<top_change> in_table(top_key key);
  void navigate(top_key key);
  std::optional<top_change> command(char key);
  std::optional<top_change> toggle();
  std::optional<top_change> answer_stop(top_key key);
  std::optional<top_change> answer_signal(top_key key);
  void type_filter(top_key key);
  void edit(top_key key);
  void cycle_panes();
  void close_panes();
  void move(std::ptrdiff_t by);
  void scroll(std::ptrdiff_t by);
  void keep_selection();

  std::vector<std::string> names_;
  live_status status_;
  top_log log_;
  std::string selected_, filter_, typed_, message_, asked_about_;
  std::size_t position_ = 0;  ///< of the selection, for when its service goes
  std::size_t page_ = 10, scrolled_ = 0;
  std::vector<std::string> why_;
  top_order order_ = top_order::listed;
  mode mode_ = mode::table;
  bool over_ = false, lost_ = false, bad_ = false;
  bool shows_log_ = false, shows_why_ = false, expanded_ = false;
};

}  // namespace aurora::ctl
