#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "describe.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

constexpr std::ptrdiff_t most_told_each = 20;

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// `names` and all they depend on, directly or not.
std::vector<std::string> closure(std::vector<std::string> names, const status_view& status) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const auto& s : status.services) {
      if (s.name != names[i] && s.service != names[i]) continue;
      for (const auto& dependency : s.depends_on) {
        if (!has(names, dependency)) names.push_back(dependency);
      }
    }
  }
  return names;
}

}  // namespace

progress::progress(terminal& to, aim what, std::vector<std::string> names, bool quiet)
    : to_(to), aim_(what), quiet_(quiet), names_(std::move(names)) {}

bool progress::watched(const service_view& s) const {
  if (with_dependencies_.empty()) return aim_ == aim::down || s.desired == "up";
  return has(with_dependencies_, s.name) || has(with_dependencies_, s.service);
}

bool progress::settled(const service_view& s) const {
  if (aim_ == aim::up) return s.up() || s.state == "failed";
  return s.state == "stopped" || s.state == "failed" || s.state == "completed";
}

void progress::on_snapshot(std::uint64_t /*sequence*/, const status_view& status) {
  status_ = status;
  with_dependencies_ = aim_ == aim::up ? closure(names_, status) : names_;
  const auto shown = std::count_if(status_.services.begin(), status_.services.end(),
                                   [&](const service_view& s) { return watched(s); });
  crowd_ = shown > most_told_each;
  for (const auto& s : status_.services) note_change(s);
  draw();
}

void progress::on_service(const service_view& service) {
  const auto it = std::find_if(status_.services.begin(), status_.services.end(),
                               [&](const service_view& s) { return s.name == service.name; });
  if (it == status_.services.end()) {
    status_.services.push_back(service);
  } else {
    *it = service;
  }
  note_change(service);
  draw();
}

void progress::on_removed(const std::string& name) {
  std::erase_if(status_.services, [&](const service_view& s) { return s.name == name; });
  seen_.erase(name);
  draw();
}

void progress::note_change(const service_view& s) {
  auto [it, fresh] = seen_.try_emplace(s.name, seen{s.state, steady::now()});
  const bool changed = !fresh && it->second.state != s.state;
  if (changed) it->second = {s.state, steady::now()};
  if (quiet_ || to_.is_terminal() || !watched(s)) return;
  // At first only what is on its way is news.
  const bool on_its_way = !settled(s) && !(aim_ == aim::down && s.state == "running");
  if (!changed && !(fresh && on_its_way)) return;
  if (crowd_ && s.state != "failed") return;
  const std::string note = note_of(s, status_);
  std::string text = s.name + ": " + s.state;
  if (s.up() || s.state == "stopped") {
    text += " after " + human(steady::now() - begun_);
  } else if (!note.empty()) {
    text += ": " + note;
  }
  to_.line(neutralise(text, sgr::strip));
  to_.flush();
}

std::string progress::line_of(const service_view& s, std::size_t name_width) const {
  const auto it = seen_.find(s.name);
  const auto since = it == seen_.end() ? begun_ : it->second.since;
  service_view now = s;  // the daemon tells changes, time goes on by itself
  if (now.next_start) {
    now.next_start = std::max<duration>(*now.next_start - (steady::now() - since), duration(0));
  }
  const std::string note = neutralise(note_of(now, status_), sgr::strip);
  const auto mark = mark_of(s.state);
  const std::string_view glyph = to_.unicode() ? mark.glyph : mark.ascii;
  const std::string plain =
      fmt::format("{}  {}  {}", pad(s.state, 8), human(steady::now() - since), note);
  const std::size_t room = to_.width();
  const std::size_t used = name_width + 5;
  return "  " + to_.paint(mark.tint, glyph) + " " + pad(s.name, name_width) + "  " +
         clip(plain, room > used + 1 ? room - used - 1 : 1, to_.ellipsis());
}

void progress::draw() {
  if (quiet_ || !to_.is_terminal() || status_.services.empty()) return;
  std::vector<const service_view*> busy;
  std::size_t all = 0;
  std::size_t failed = 0;
  std::size_t name_width = 0;
  for (const auto& s : status_.services) {
    if (!watched(s)) continue;
    ++all;
    if (s.state == "failed" && aim_ == aim::up) ++failed;
    if (settled(s)) continue;
    busy.push_back(&s);
    name_width = std::max(name_width, display_width(s.name));
  }
  const std::size_t most = std::max<std::size_t>(to_.height(), 6) - 3;
  std::vector<std::string> lines;
  const std::string head = fmt::format("{} of {} {}", all - busy.size() - failed, all,
                                       aim_ == aim::up ? "ready" : "stopped");
  const std::string bad = failed > 0 ? fmt::format(", {} failed", failed) : std::string();
  lines.push_back(to_.paint(colour::dim, head) + to_.paint(colour::red, bad) +
                  to_.paint(colour::dim, "  " + human(steady::now() - begun_)));
  for (std::size_t i = 0; i < std::min(busy.size(), most); ++i) {
    lines.push_back(line_of(*busy[i], std::min<std::size_t>(name_width, to_.width() / 2)));
  }
  if (busy.size() > most) lines.push_back(fmt::format("  and {} more", busy.size() - most));
  erase();
  for (const auto& text : lines) to_.line(text);
  drawn_ = lines.size();
  to_.flush();
}

void progress::erase() {
  if (drawn_ == 0) return;
  to_.write(fmt::format("\x1b[{}A\r\x1b[J", drawn_));
  drawn_ = 0;
  to_.flush();
}

std::vector<std::string> progress::unsettled() const {
  std::vector<std::string> out;
  for (const auto& s : status_.services) {
    if (!watched(s) || settled(s)) continue;
    std::string text = s.name + " (" + s.state;
    if (s.pid && aim_ == aim::down) text += fmt::format(", pid {}", *s.pid);
    const auto missing = waits_for(s, status_);
    if (s.state == "waiting" && !missing.empty()) text += " for " + enumerate(missing);
    out.push_back(text + ")");
  }
  return out;
}

asio::awaitable<void> progress::keep_drawing() {
  if (quiet_ || !to_.is_terminal()) co_return;
  for (;;) {
    co_await pause(std::chrono::milliseconds(100));
    draw();
  }
}

}  // namespace aurora::ctl
