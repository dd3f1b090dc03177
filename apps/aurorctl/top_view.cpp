#include "top_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "status_table.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

using text_lines = std::vector<std::string>;

std::string fitted(const terminal& out, const std::string& text, std::size_t width) {
  if (display_width(text) <= width) return text;
  return clip(without_sgr(text), width, out.ellipsis());
}

std::size_t count(const status_view& all, bool (*which)(const service_view&)) {
  return static_cast<std::size_t>(std::count_if(all.services.begin(), all.services.end(), which));
}

bool troubled(const service_view& s) { return s.state == "failed" || s.health == "unhealthy"; }
bool runs(const service_view& s) { return s.state == "running"; }

std::string head_of(const terminal& out, const top_model& m, const status_view& all,
                    std::size_t shown) {
  std::string text;
  if (m.lost()) text = out.paint(colour::yellow, "reconnecting: the daemon went away") + "  ";
  text += daemon_line(out, all.daemon);
  text += fmt::format("  {} of {} running", count(all, runs), all.services.size());
  if (const auto bad = count(all, troubled)) {
    text += "  " + out.paint(colour::red, fmt::format("{} in trouble", bad));
  }
  if (!m.filter().empty()) text += fmt::format("  filter \"{}\": {}", m.filter(), shown);
  if (m.order() != top_order::listed) text += fmt::format("  by {}", name_of(m.order()));
  return text;
}

/// The table's window of `room` rows, with the selected one in it.
void add_table(const terminal& out, const top_model& m, const status_view& all, std::size_t room,
               std::size_t columns, top_page& page) {
  const auto list = m.shown(all);
  const auto at = std::find_if(list.begin(), list.end(),
                               [&](const service_view* s) { return s->name == m.selected(); });
  const auto chosen = static_cast<std::size_t>(at - list.begin());
  const std::size_t last_start = list.size() - std::min(list.size(), room);
  const std::size_t start = std::min(chosen < room ? 0 : chosen - room + 1, last_start);
  const std::vector<const service_view*> window(
      list.begin() + static_cast<std::ptrdiff_t>(start),
      list.begin() + static_cast<std::ptrdiff_t>(std::min(list.size(), start + room)));
  constexpr std::size_t gutter = 2;
  const auto rows = status_table(out, all, window).lines(out, columns - std::min(columns, gutter));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool marked = i > 0 && start + i - 1 == chosen;
    if (marked) page.selected = page.lines.size();
    // Reversed as a whole: colours within would look broken.
    page.lines.push_back(marked ? pad("> " + without_sgr(rows[i]), columns) : "  " + rows[i]);
  }
  if (list.empty()) {
    page.lines.push_back(m.filter().empty() ? "  no services" : "  no service matches the filter");
  }
}

std::string rule(const terminal& out, std::string_view title, std::size_t columns) {
  const std::string_view dash = out.unicode() ? "─" : "-";
  std::string text = std::string(dash) + std::string(dash) + " " + std::string(title) + " ";
  for (std::size_t have = display_width(text); have < columns; ++have) text += dash;
  return out.paint(colour::dim, text);
}

void add_padded(top_page& page, text_lines lines, std::size_t rows) {
  lines.resize(rows);
  std::move(lines.begin(), lines.end(), std::back_inserter(page.lines));
}

void add_why(const terminal& out, const top_model& m, std::size_t rows, std::size_t columns,
             top_page& page) {
  page.lines.push_back(rule(out, "why " + neutralise(m.selected(), sgr::strip), columns));
  text_lines lines = m.why();
  if (lines.size() > rows && rows > 1) {
    lines.resize(rows - 1);
    lines.push_back(fmt::format("and {} more: `aurorctl why {}`", m.why().size() - rows + 1,
                                neutralise(m.selected(), sgr::strip)));
  }
  add_padded(page, std::move(lines), rows);
}

void add_log(const terminal& out, const top_model& m, std::size_t rows, std::size_t columns,
             top_page& page) {
  std::string title = "log of " + neutralise(m.selected(), sgr::strip);
  if (m.scrolled() > 0) title += fmt::format(", {} lines back (End: the newest)", m.scrolled());
  page.lines.push_back(rule(out, title, columns));
  add_padded(page, m.log().tail(rows, m.scrolled()), rows);
  page.paged = rows;
}

/// How the rows between head and foot are shared out, titles and rules included.
struct shares {
  std::size_t table = 0, why = 0, log = 0;
};

shares share(const top_model& m, std::size_t body, std::size_t services) {
  if (!m.shows_log() && !m.shows_why()) return {body, 0, 0};
  const std::size_t least = std::min<std::size_t>(2, body);
  const std::size_t wanted = std::max<std::size_t>(services, 1) + 1;
  shares s;
  s.table = m.expanded() ? least : std::clamp(wanted, least, std::max(least, body * 2 / 5));
  const std::size_t rest = body - s.table;
  if (m.shows_why()) s.why = m.shows_log() ? std::min(m.why().size() + 1, rest / 2) : rest;
  if (m.shows_log()) s.log = rest - s.why;
  return s;
}

const text_lines& help_lines() {
  static const text_lines lines{"Keys",
                                "",
                                "  j k, arrows     move",
                                "  PgUp PgDn       a page, of the log where it is open",
                                "  Home End        the first and the last; of the log likewise",
                                "  /               filter by name, state or health; Esc: all again",
                                "  o               order by name, state, CPU, memory, restarts",
                                "",
                                "  s               start, or stop after a question",
                                "  r               restart",
                                "  x               send a signal, which is asked for",
                                "",
                                "  l               the log of the selected service",
                                "  w               why it is in its state",
                                "  Enter           both, then larger, then neither",
                                "  Esc             close them",
                                "",
                                "  q               quit",
                                "",
                                "Any key goes back."};
  return lines;
}

std::string foot_of(const terminal& out, const top_model& m) {
  using mode = top_model::mode;
  const std::string name = neutralise(m.asked_about(), sgr::strip);
  if (m.now_in() == mode::filter) return "/" + m.typed();
  if (m.now_in() == mode::ask_signal) return "signal for " + name + ": " + m.typed();
  if (m.now_in() == mode::confirm_stop) return "stop " + name + "? y/n ";
  if (!m.message().empty()) {
    const std::string text = neutralise(m.message(), sgr::strip);
    return m.message_is_bad() ? out.paint(colour::red, "error: ") + text : text;
  }
  return out.paint(colour::dim,
                   "s start/stop  r restart  x signal  l log  w why  / filter  o order  ? help  "
                   "q quit");
}

void add_body(const terminal& out, const top_model& m, const status_view& all, top_size size,
              top_page& page) {
  const std::size_t body = size.rows - std::min<std::size_t>(size.rows, 2);
  const shares s = share(m, body, m.shown(all).size());
  const std::size_t room = s.table > 1 ? s.table - 1 : 1;
  page.paged = room;
  add_table(out, m, all, room, size.columns, page);
  page.lines.resize(std::min(page.lines.size(), s.table + 1));
  page.lines.resize(s.table + 1);
  if (s.why > 0) add_why(out, m, s.why - 1, size.columns, page);
  if (s.log > 0) add_log(out, m, s.log - 1, size.columns, page);
}

}  // namespace

top_page draw_top(const terminal& out, const top_model& m, steady::time_point now, top_size size) {
  using mode = top_model::mode;
  const status_view all = m.status().at(now);
  top_page page;
  page.lines.push_back(head_of(out, m, all, m.shown(all).size()));
  if (m.now_in() == mode::help) {
    page.lines.insert(page.lines.end(), help_lines().begin(), help_lines().end());
  } else {
    add_body(out, m, all, size, page);
  }
  page.lines.resize(std::max<std::size_t>(size.rows, 1) - 1);
  page.lines.push_back(foot_of(out, m));
  if (page.selected + 1 >= page.lines.size()) page.selected = top_page::none;
  page.typing = m.now_in() != mode::table && m.now_in() != mode::help;
  for (auto& text : page.lines) text = fitted(out, text, size.columns);
  return page;
}

}  // namespace aurora::ctl
