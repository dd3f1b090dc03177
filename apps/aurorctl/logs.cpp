#include "logs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "event_text.hpp"
#include "handlers.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

constexpr std::size_t default_lines = 100;
constexpr auto reading_takes = std::chrono::seconds(30);

std::vector<std::string> names_of(const std::vector<const service_view*>& chosen) {
  std::vector<std::string> names;
  for (const auto* s : chosen) names.push_back(s->name);
  return names;
}

std::string target_of(const std::string& name, const log_query& query, std::size_t lines) {
  std::string target = fmt::format("/api/v1/services/{}/logs?lines={}", url_encode(name), lines);
  if (query.since) target += "&since=" + url_encode(utc(*query.since));
  return target;
}

std::vector<log_line> parse_lines(std::string_view body) {
  std::vector<log_line> lines;
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size());
    if (end > 0) {
      const auto line = parse_answer(body.substr(0, end));
      if (child_of(line, "text").is_string()) lines.push_back(read_log_line(line));
    }
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

}  // namespace

log_query query_of(const invocation& given) {
  log_query query;
  if (const auto since = given.value("since")) {
    query.since = parse_since(*since, wall_now());
    if (!query.since) {
      throw failure(exit_code::usage, "--since \"" + *since + "\" is neither a duration nor a time",
                    "try \"10m\", \"14:30\" or \"2026-11-23 14:30\"");
    }
  }
  query.lines = count_from(given, query.since ? most_log_lines : default_lines, most_log_lines);
  return query;
}

asio::awaitable<std::vector<log_line>> fetch_history(client& api,
                                                     const std::vector<std::string>& names,
                                                     const log_query& query, const log_view& view) {
  std::vector<log_line> all;
  for (const auto& name : names) {
    if (query.lines == 0) break;
    // What the filter leaves is counted, so the filter has to see everything.
    const std::string target =
        target_of(name, query, query.filtered ? most_log_lines : query.lines);
    const reply answer = co_await api.get(target, "application/x-ndjson", reading_takes);
    if (answer.status != 200) {
      const auto fault = refused(answer);
      if (fault.code == exit_code::no_such_service) continue;  // removed since we heard of it
      throw fault;
    }
    auto lines = parse_lines(answer.body);
    std::erase_if(lines, [&](const log_line& line) { return !view.wants(line); });
    if (lines.size() > query.lines) {
      lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(query.lines));
    }
    std::move(lines.begin(), lines.end(), std::back_inserter(all));
  }
  std::stable_sort(all.begin(), all.end(), [](const log_line& a, const log_line& b) {
    return a.at.value_or(wall_time()) < b.at.value_or(wall_time());
  });
  co_return all;
}

log_follower::log_follower(context& c, endpoint where, std::vector<std::string> names,
                           log_query query, log_view& view)
    : follower(c, std::move(where), names), view_(view), query_(query), names_(std::move(names)) {}

/// Of those that nothing was shown of: all others go on in the stream where they were left.
asio::awaitable<void> log_follower::catch_up(client& api) {
  std::vector<std::string> fresh;
  for (const auto& name : names_)
    if (seen_.count(name) == 0) fresh.push_back(name);
  const auto before = co_await fetch_history(api, fresh, query_, view_);
  for (const auto& line : before) show(line);
}

std::optional<std::uint64_t> log_follower::left_at(const std::string& name) {
  const auto found = seen_.find(name);
  if (found == seen_.end()) return std::nullopt;
  found->second.goes_on = true;
  auto next = found->second.next;
  for (const auto& line : pending_)
    if (line.name == name) next = line.next;
  return next;
}

void log_follower::on_log(const log_line& line) {
  pending_.push_back(line);
  wake();
}

void log_follower::on_dropped(std::uint64_t lines) {
  log_line gap;
  gap.name.clear();
  gap.text = fmt::format("{} lines left out: this terminal is too slow for them", lines);
  pending_.push_back(std::move(gap));
  wake();
}

void log_follower::on_missing(const std::string& name, std::uint64_t bytes) {
  log_line gap;
  gap.text = fmt::format("{} bytes of {} were rotated away meanwhile", bytes, name);
  pending_.push_back(std::move(gap));
  wake();
}

void log_follower::on_snapshot(std::uint64_t sequence, const status_view& status) {
  follower::on_snapshot(sequence, status);
  status.keep_known(names_);
  for (const auto& s : status.services) on_service(s);
}

void log_follower::on_removed(const std::string& name) { std::erase(names_, name); }

void log_follower::on_service(const service_view& service) {
  const bool known = std::find(names_.begin(), names_.end(), service.name) != names_.end();
  if (known || !means(c_.given.operands, service)) return;
  names_.push_back(service.name);
  view_.widen({service.name});
  want({service.name});
}

void log_follower::show_pending() {
  for (const auto& line : std::exchange(pending_, {})) {
    if (line.name.empty()) {
      view_.remark(line.text, colour::yellow);
    } else {
      show(line);
    }
  }
}

void log_follower::show(const log_line& line) {
  auto [it, first] = seen_.try_emplace(line.name);
  auto& last = it->second;
  // The past that was fetched and the stream overlap. Behind an offset nothing comes twice: a
  // smaller one is another log, which began anew.
  if (!first && !last.goes_on && line.offset < last.next) return;
  last.next = line.next;
  view_.print(line);
}

namespace {

asio::awaitable<status_view> ask_status(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  co_return read_status(co_await api.get_json("/api/v1/status"));
}

/// The bytes of one service as it wrote them.
asio::awaitable<int> print_raw(context& c, endpoint where, std::string name, log_query query) {
  client api(c.io.get_executor(), std::move(where));
  const reply answer =
      co_await api.get(target_of(name, query, query.lines), "text/plain", reading_takes);
  if (answer.status != 200) throw refused(answer);
  c.out.write(answer.body);
  co_return 0;
}

asio::awaitable<int> print_history(context& c, endpoint where, std::vector<std::string> names,
                                   log_query query, log_view& view) {
  client api(c.io.get_executor(), std::move(where));
  const auto lines = co_await fetch_history(api, names, query, view);
  for (const auto& line : lines) view.print(line);
  view.close();
  co_return 0;
}

}  // namespace

int verb_logs(context& c) {
  log_query query = query_of(c.given);
  log_style style = style_of(c.given);
  query.filtered = style.filter != nullptr;
  const endpoint where = find_endpoint(c.given);
  const auto status = run_on(c.io, ask_status(c, where));
  c.io.restart();
  const auto names = names_of(select(status, c.given.operands));
  style.prefix = names.size() > 1 || (c.given.operands.empty() && c.given.has("follow"));
  const bool plain = !style.json && !style.timestamps && !style.filter && names.size() == 1;
  log_view view(c.out, style);
  view.widen(names);
  if (c.given.has("follow")) {
    log_follower following(c, where, names, query, view);
    return run_on(c.io, following.follow());
  }
  if (plain && !c.out.is_terminal()) return run_on(c.io, print_raw(c, where, names.front(), query));
  return run_on(c.io, print_history(c, where, names, query, view));
}

}  // namespace aurora::ctl
