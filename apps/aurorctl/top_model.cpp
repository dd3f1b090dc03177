#include "top_model.hpp"

#include <aurora/exit_status.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "context.hpp"

namespace aurora::ctl {
namespace {

using kind = top_key::kind;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

/// Troubles first.
int urgency(const service_view& s) {
  static constexpr std::array<std::string_view, 8> order{
      "failed", "backoff", "stopping", "starting", "waiting", "running", "completed", "stopped"};
  if (s.state == "running" && s.health == "unhealthy") return 1;
  return static_cast<int>(std::find(order.begin(), order.end(), s.state) - order.begin());
}

bool before(const service_view& a, const service_view& b, top_order order) {
  switch (order) {
    case top_order::listed:
      return false;
    case top_order::state:
      return urgency(a) < urgency(b);
    case top_order::cpu:
      return a.cpu_percent.value_or(-1) > b.cpu_percent.value_or(-1);
    case top_order::memory:
      return a.memory_bytes.value_or(0) > b.memory_bytes.value_or(0);
    case top_order::restarts:
      return a.restarts > b.restarts;
  }
  return false;
}

}  // namespace

std::string_view name_of(top_order order) {
  static constexpr std::array<std::string_view, 5> names{"name", "state", "CPU", "memory",
                                                         "restarts"};
  return names[static_cast<std::size_t>(order)];
}

void top_model::on_snapshot(const status_view& status, steady::time_point now) {
  status_.replace(status, now);
  if (std::exchange(lost_, false)) message_.clear();
  keep_selection();
}

void top_model::on_service(const service_view& service, steady::time_point now) {
  status_.update(service, now);
  keep_selection();
}

void top_model::on_removed(const std::string& name) {
  status_.remove(name);
  keep_selection();
}

void top_model::on_usage(const std::vector<usage_view>& usage) { status_.measure(usage); }

void top_model::on_lost() {
  lost_ = true;
  if (mode_ == mode::confirm_stop || mode_ == mode::ask_signal) mode_ = mode::table;
}

void top_model::explain(const std::string& name, std::vector<std::string> lines) {
  if (name == selected_) why_ = std::move(lines);
}

void top_model::tell(std::string text, bool bad) {
  message_ = std::move(text);
  bad_ = bad;
}

std::vector<const service_view*> top_model::shown(const status_view& all) const {
  std::vector<const service_view*> list;
  for (const auto& s : all.services) {
    if (!means(names_, s)) continue;
    if (contains(s.name, filter_) || contains(s.state, filter_) || contains(s.health, filter_)) {
      list.push_back(&s);
    }
  }
  std::stable_sort(list.begin(), list.end(),
                   [this](const auto* a, const auto* b) { return before(*a, *b, order_); });
  return list;
}

/// The selection stays with its service; where that is gone, with its place.
void top_model::keep_selection() {
  const auto list = shown(status_.told());
  const std::string before = selected_;
  const auto it = std::find_if(list.begin(), list.end(),
                               [&](const service_view* s) { return s->name == selected_; });
  if (list.empty()) {
    position_ = 0;
    selected_.clear();
  } else if (it != list.end()) {
    position_ = static_cast<std::size_t>(it - list.begin());
  } else {
    position_ = std::min(position_, list.size() - 1);
    selected_ = list[position_]->name;
  }
  if (selected_ == before) return;
  scrolled_ = 0;
  why_.clear();
}

void top_model::move(std::ptrdiff_t by) {
  const auto list = shown(status_.told());
  if (list.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(list.size()) - 1;
  const auto to = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(position_) + by, 0, last);
  position_ = static_cast<std::size_t>(to);
  if (list[position_]->name == selected_) return;
  selected_ = list[position_]->name;
  scrolled_ = 0;
  why_.clear();
}

/// Upwards stops with a full page of the oldest lines.
void top_model::scroll(std::ptrdiff_t by) {
  const auto most = static_cast<std::ptrdiff_t>(log_.size() - std::min(log_.size(), page_));
  const auto to = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(scrolled_) + by, 0, most);
  scrolled_ = static_cast<std::size_t>(to);
}

std::optional<top_change> top_model::press(top_key key) {
  message_.clear();
  switch (mode_) {
    case mode::table:
      return in_table(key);
    case mode::filter:
      type_filter(key);
      return std::nullopt;
    case mode::confirm_stop:
      return answer_stop(key);
    case mode::ask_signal:
      return answer_signal(key);
    case mode::help:
      mode_ = mode::table;
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<top_change> top_model::in_table(top_key key) {
  if (key.what == kind::text) return command(key.text);
  navigate(key);
  return std::nullopt;
}

void top_model::navigate(top_key key) {
  const auto page = static_cast<std::ptrdiff_t>(page_);
  const auto all = static_cast<std::ptrdiff_t>(status_.told().services.size());
  const auto far = static_cast<std::ptrdiff_t>(log_.size());
  switch (key.what) {
    case kind::up:
      return move(-1);
    case kind::down:
      return move(1);
    case kind::page_up:
      return shows_log_ ? scroll(page) : move(-page);
    case kind::page_down:
      return shows_log_ ? scroll(-page) : move(page);
    case kind::home:
      return shows_log_ ? scroll(far) : move(-all);
    case kind::end:
      return shows_log_ ? scroll(-far) : move(all);
    case kind::enter:
      return cycle_panes();
    case kind::escape:
      return shows_log_ || shows_why_ ? close_panes() : type_filter(key);
    case kind::text:
    case kind::backspace:
      return;
  }
}

/// Both panes, then both with all the room, then the table alone.
void top_model::cycle_panes() {
  if (!shows_log_ || !shows_why_) {
    shows_log_ = shows_why_ = true;
    expanded_ = false;
  } else if (!expanded_) {
    expanded_ = true;
  } else {
    close_panes();
  }
}

void top_model::close_panes() {
  shows_log_ = shows_why_ = expanded_ = false;
  scrolled_ = 0;
}

std::optional<top_change> top_model::command(char key) {
  switch (key) {
    case 'q':
      over_ = true;
      break;
    case 'j':
      move(1);
      break;
    case 'k':
      move(-1);
      break;
    case 'l':
      shows_log_ = !shows_log_;
      scrolled_ = 0;
      break;
    case 'w':
      shows_why_ = !shows_why_;
      break;
    case 'o':
      order_ = static_cast<top_order>((static_cast<int>(order_) + 1) % 5);
      keep_selection();
      break;
    case '/':
      typed_ = filter_;
      mode_ = mode::filter;
      break;
    case '?':
      mode_ = mode::help;
      break;
    case 's':
    case 'r':
    case 'x':
      if (selected_.empty()) break;
      if (lost_) {
        tell("reconnecting: nothing can be changed until the daemon is back", true);
        break;
      }
      asked_about_ = selected_;
      if (key == 'r') return top_change{"restart", selected_};
      if (key == 's') return toggle();
      typed_.clear();
      mode_ = mode::ask_signal;
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<top_change> top_model::toggle() {
  const service_view* s = status_.told().find(selected_);
  if (s == nullptr) return std::nullopt;
  const bool stopped = s->state == "stopped" || s->state == "failed" || s->state == "completed";
  if (stopped) return top_change{"start", selected_};
  mode_ = mode::confirm_stop;
  return std::nullopt;
}

std::optional<top_change> top_model::answer_stop(top_key key) {
  mode_ = mode::table;
  const bool yes = key.what == kind::text && lower(key.text) == 'y';
  if (yes) return top_change{"stop", asked_about_};
  tell("not stopped", false);
  return std::nullopt;
}

std::optional<top_change> top_model::answer_signal(top_key key) {
  if (key.what == kind::escape) {
    mode_ = mode::table;
  } else if (key.what != kind::enter) {
    edit(key);
  } else {
    mode_ = mode::table;
    if (typed_.empty()) return std::nullopt;
    if (const int number = signal_number(typed_)) return top_change{"signal", asked_about_, number};
    tell("there is no signal \"" + typed_ + "\": try HUP, USR1 or a number from 1 to 64", true);
  }
  return std::nullopt;
}

void top_model::type_filter(top_key key) {
  if (key.what == kind::enter) {
    mode_ = mode::table;
  } else if (key.what == kind::escape) {
    typed_.clear();
    filter_.clear();
    mode_ = mode::table;
  } else if (key.what == kind::up || key.what == kind::down) {
    move(key.what == kind::up ? -1 : 1);
  } else {
    edit(key);
    filter_ = typed_;
  }
  keep_selection();
}

void top_model::edit(top_key key) {
  constexpr std::size_t longest = 64;
  if (key.what == kind::backspace && !typed_.empty()) typed_.pop_back();
  const bool printable = key.what == kind::text && key.text >= 0x20 && key.text < 0x7F;
  if (printable && typed_.size() < longest) typed_ += key.text;
}

std::optional<duration> top_model::changes_within(steady::time_point now) const {
  using std::chrono::hours;
  using std::chrono::seconds;
  if (lost_) return std::nullopt;
  const status_view all = status_.at(now);
  bool minutes = all.daemon.uptime.has_value();
  if (all.daemon.uptime && *all.daemon.uptime < hours(1)) return seconds(1);
  for (const auto* s : shown(all)) {
    if (s->next_start || (s->uptime && *s->uptime < hours(1))) return seconds(1);
    minutes = minutes || s->uptime.has_value();
  }
  if (!minutes) return std::nullopt;
  return seconds(60);
}

}  // namespace aurora::ctl
