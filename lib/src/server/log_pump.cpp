#include "server/log_pump.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "server/on_worker.hpp"

namespace aurora::server {
namespace {

constexpr std::size_t batch = 64 * 1024;  // bytes handed on at a time, so that others get a turn

wall_time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

log_pump::log_pump(backend& from, reactor::worker_pool& workers, history_opener history,
                   std::size_t queue_limit, format as, wake_up& wake)
    : from_(from),
      workers_(workers),
      history_(std::move(history)),
      limit_(queue_limit),
      format_(std::move(as)),
      wake_(wake) {}

answer<log_pump::found> log_pump::find(const std::vector<std::string>& names) const {
  auto all = from_.logs(names);
  if (all) return found{*std::move(all), {}};
  if (names.size() < 2) return all.error();
  // Asked for one by one, each unknown name would cost a search for one that is near it.
  const auto logs = from_.logs({});
  if (!logs) return logs.error();
  std::set<std::string, std::less<>> known;
  for (const log_source& source : *logs) {
    known.insert(source.instance);
    known.insert(source.instance.substr(0, source.instance.find('@')));
  }
  for (const auto& node : from_.graph().nodes) known.insert(node.service);  // those without a log
  std::vector<std::string> there;
  std::vector<std::string> unknown;
  for (const auto& name : names) (known.count(name) != 0 ? there : unknown).push_back(name);
  if (there.empty()) return all.error();
  auto sources = from_.logs(there);
  if (!sources) return sources.error();
  return found{*std::move(sources), std::move(unknown)};
}

std::optional<history_request> log_pump::past_of(const wanted& what, const log_source& source) {
  history_request asked{source.instance, source.bytes, what.lines, what.since, {}};
  if (const auto left = what.after.find(source.instance); left != what.after.end()) {
    asked.lines.reset();
    asked.since.reset();
    if (left->second <= source.bytes) asked.from = left->second;
  }
  const bool none = asked.lines == std::size_t{0} || asked.from == source.bytes;
  return none ? std::nullopt : std::optional(std::move(asked));
}

answer<log_pump::added> log_pump::add(const wanted& what) {
  // Where the logs stand, and following them, in one turn of the loop: nothing comes in between.
  auto logs = find(what.names);
  if (!logs) return logs.error();
  added result;
  result.unknown = std::move(logs->unknown);
  std::vector<history_request> requests;
  for (const log_source& source : logs->sources) {
    result.instances.push_back(source.instance);
    if (feeds_.count(source.instance) != 0) continue;
    if (auto request = past_of(what, source)) requests.push_back(*std::move(request));
    if (what.live) follow(source);
  }
  if (!requests.empty()) {
    auto before = std::make_shared<past>();
    before->open = history_;
    for (const auto& each : requests)
      if (each.from) before->left.emplace(each.instance, *each.from);
    before->requests = std::move(requests);
    past_.push_back(std::move(before));
  }
  wake_.set();
  return result;
}

std::vector<wire::log_line> log_pump::past::next() {
  if (!lines) lines = open(requests);
  return lines->next();
}

void log_pump::follow(const log_source& source) {
  auto made = std::make_unique<feed>();
  feed& here = *made;
  here.instance = source.instance;
  here.splitter.feed({}, source.bytes, [](std::string_view, std::uint64_t, bool) {});
  here.handle = from_.follow(
      source.instance,
      [this, &here](std::string_view bytes, std::uint64_t offset) { take(here, bytes, offset); });
  feeds_.emplace(source.instance, std::move(made));
}

void log_pump::remove(const std::vector<std::string>& names) {
  const auto logs = find(names);
  std::vector<std::string> gone = names;
  if (logs) {
    for (const log_source& source : logs->sources) gone.push_back(source.instance);
  }
  for (const auto& name : gone) {
    feeds_.erase(name);
    std::erase_if(past_, [&](const auto& each) {
      return each->requests.size() == 1 && each->requests.front().instance == name;
    });
  }
}

void log_pump::take(feed& from, std::string_view bytes, std::uint64_t offset) {
  wire::log_line line;
  line.name = from.instance;
  line.at = now();
  from.splitter.feed(bytes, offset, [&](std::string_view text, std::uint64_t starts, bool partial) {
    line.text.assign(text);
    line.offset = starts;
    line.partial = partial;
    push(line);
  });
  wake_.set();
}

void log_pump::push(const wire::log_line& line) {
  if (!queue_.empty() && queued_ + line.text.size() > limit_) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) queue_.push_back(format_.dropped(std::exchange(dropped_, 0)));
  queue_.push_back(format_.line(line));
  queued_ += queue_.back().size();
}

std::vector<std::string> log_pump::pop() {
  std::vector<std::string> out;
  for (std::size_t bytes = 0; bytes < batch && !queue_.empty();) {
    bytes += queue_.front().size();
    queued_ -= std::min(queued_, queue_.front().size());
    out.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (queue_.empty()) queued_ = 0;
  if (queue_.empty() && dropped_ > 0) out.push_back(format_.dropped(std::exchange(dropped_, 0)));
  return out;
}

boost::asio::awaitable<std::vector<std::string>> log_pump::next() {
  // Live lines of an instance wait until its past is told.
  while (!past_.empty()) {
    const std::shared_ptr<past> reading = past_.front();
    const auto lines = co_await read_past();
    if (!lines) continue;
    auto out = tell(*reading, *lines);
    if (!out.empty()) co_return out;
  }
  co_return pop();
}

/// What was read, and where it does not go on from where it was left, what is missing.
std::vector<std::string> log_pump::tell(past& from,
                                        const std::vector<wire::log_line>& lines) const {
  std::vector<std::string> out;
  out.reserve(lines.size());
  for (const auto& line : lines) {
    if (const auto left = from.left.find(line.name); left != from.left.end()) {
      if (line.offset > left->second)
        out.push_back(format_.missing(line.name, line.offset - left->second));
      from.left.erase(left);
    }
    out.push_back(format_.line(line));
  }
  if (!lines.empty()) return out;
  for (const auto& request : from.requests)
    if (const auto left = from.left.find(request.instance); left != from.left.end())
      out.push_back(format_.missing(request.instance, request.until - left->second));
  from.left.clear();
  return out;
}

boost::asio::awaitable<std::optional<std::vector<wire::log_line>>> log_pump::read_past() {
  const std::shared_ptr<past> reading = past_.front();
  auto work = [reading] { return reading->next(); };
  auto lines = co_await on_worker(workers_, std::move(work));
  // It may have been unsubscribed from while it was read.
  const bool still = !past_.empty() && past_.front() == reading;
  if (!still) co_return std::nullopt;
  if (lines.empty()) past_.pop_front();
  co_return std::optional(std::move(lines));
}

}  // namespace aurora::server
