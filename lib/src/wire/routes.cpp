#include "wire/routes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace aurora::wire {
namespace {

constexpr std::string_view wait_doc =
    "Answer when done, or when this time (\"30s\") has run out; without it at once, with 202";
constexpr std::array<parameter, 1> with_wait{{{"wait", "string", wait_doc}}};
constexpr std::array<parameter, 1> with_force{
    {{"force", "boolean", "Kill what is left at once instead of waiting for it"}}};
constexpr std::array<parameter, 4> with_lines{
    {{"lines", "integer", "How many of the last lines; default 100, at most 100000"},
     {"since", "string", "Lines since then: RFC 3339, or how long ago (\"10m\")"},
     {"follow", "boolean", "Go on with what is written from now on, until the client closes"},
     {"download", "boolean", "All that is kept, rotated files included, as a file to save"}}};
constexpr std::array<parameter, 4> with_events{
    {{"since", "integer", "Entries with a greater sequence number"},
     {"limit", "integer", "At most so many; default 1000, at most 10000"},
     {"last", "integer", "The last so many, instead of since and limit"},
     {"follow", "boolean", "Go on with new entries, one JSON object a line"}}};
constexpr std::array<parameter, 1> with_resume{
    {{"since", "integer",
      "Also the events after this sequence number, for a client that returns"}}};

using enum endpoint;
using enum method;

constexpr auto table = std::to_array<route>({
    {status, get, "/api/v1/status", "The daemon and all services", body_kind::none, "status"},
    {services, get, "/api/v1/services/{name}", "One service, with all its instances",
     body_kind::none, "services"},
    {start_one, post, "/api/v1/services/{name}/start", "Start it and what it depends on",
     body_kind::empty, "operation", with_wait},
    {stop_one, post, "/api/v1/services/{name}/stop", "Stop it; it stays stopped", body_kind::empty,
     "operation", with_wait},
    {restart_one, post, "/api/v1/services/{name}/restart", "Stop and start it", body_kind::empty,
     "operation", with_wait},
    {signal, post, "/api/v1/services/{name}/signal", "Send a signal to its main process",
     body_kind::signal, "operation"},
    {scale, post, "/api/v1/services/{name}/scale", "Change how many instances it has",
     body_kind::scale, "operation", with_wait},
    {logs, get, "/api/v1/services/{name}/logs",
     "What it wrote: text/plain as it is, or application/x-ndjson where Accept asks for it",
     body_kind::none, "", with_lines},
    {why, get, "/api/v1/services/{name}/why", "Why it is in the state it is in", body_kind::none,
     "explanations"},
    {start, post, "/api/v1/start", "Start these services, or all", body_kind::names, "operation",
     with_wait},
    {stop, post, "/api/v1/stop", "Stop these services, or all", body_kind::names, "operation",
     with_wait},
    {restart, post, "/api/v1/restart", "Restart these services, or all", body_kind::names,
     "operation", with_wait},
    {reload, post, "/api/v1/reload", "Read the configuration again and do what it asks for",
     body_kind::empty, "reload", with_wait},
    {plan,
     post,
     "/api/v1/plan",
     "What a reload would do",
     body_kind::empty,
     "plan",
     {},
     access::signed_in},
    {upgrade, post, "/api/v1/upgrade",
     "Let the program that is installed now take the place of the running one", body_kind::empty,
     "upgrade"},
    {shutdown, post, "/api/v1/shutdown", "Stop everything, then the daemon", body_kind::empty,
     "operation", with_force},
    {check,
     post,
     "/api/v1/check",
     "Probe these services, or all, now",
     body_kind::names,
     "probes",
     {},
     access::signed_in},
    {events, get, "/api/v1/events", "What happened, oldest first", body_kind::none, "events",
     with_events},
    {graph, get, "/api/v1/graph", "The dependency graph with live states", body_kind::none,
     "graph"},
    {stream, get, "/api/v1/stream",
     "WebSocket: a snapshot, then every change and the subscribed log lines", body_kind::none, "",
     with_resume},
    {openapi, get, "/api/v1/openapi.json", "This document", body_kind::none, "document"},
    {codes, post, "/api/v1/codes", "A code to sign in with on TCP, once and within a minute",
     body_kind::code_for, "code"},
    {session,
     post,
     "/api/v1/session",
     "Trade a code for the token of a session",
     body_kind::code,
     "session",
     {},
     access::open},
    {page, get, "/", "The dashboard", body_kind::none, "", {}, access::open},
    {asset,
     get,
     "/assets/{name}",
     "A file of the dashboard",
     body_kind::none,
     "",
     {},
     access::open},
    {healthz,
     get,
     "/healthz",
     "200 while the daemon answers",
     body_kind::none,
     "",
     {},
     access::open},
    {readyz, get, "/readyz", "200 when all wanted services are ready, else 503", body_kind::none,
     ""},
    {metrics, get, "/metrics",
     "Everything that is counted and measured, in Prometheus' text format 0.0.4, or in OpenMetrics "
     "1.0 where Accept asks for it",
     body_kind::none, ""},
    {configuration, get, "/api/v1/services/{name}/configuration",
     "Its definition as resolved, in the keys of the configuration, and its environment; secrets "
     "are masked",
     body_kind::none, "configurations"},
    {processes, get, "/api/v1/services/{name}/processes",
     "Its processes and all that descend from them", body_kind::none, "process_lists"},
    {probes, get, "/api/v1/services/{name}/probes", "The last answers of its probe",
     body_kind::none, "probe_histories"},
    {usage, get, "/api/v1/services/{name}/usage",
     "Processor and memory of the last 15 minutes, as far as somebody watched the stream's usage",
     body_kind::none, "usage_histories"},
});

constexpr std::string_view placeholder = "{name}";

/// What "{name}" stood for, or nothing where the path is another one.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const auto at = pattern.find(placeholder);
  if (at == pattern.npos) {
    return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  }
  const auto head = pattern.substr(0, at);
  const auto tail = pattern.substr(at + placeholder.size());
  if (path.size() <= head.size() + tail.size() || !path.starts_with(head) ||
      !path.ends_with(tail)) {
    return std::nullopt;
  }
  const auto name = path.substr(head.size(), path.size() - head.size() - tail.size());
  if (name.find('/') != name.npos) return std::nullopt;
  return name;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string known_names(const route& to) {
  if (to.query.empty()) return "this path takes none";
  std::string out = "it takes ";
  for (const auto& each : to.query) {
    if (&each != to.query.data()) out += ", ";
    out += each.name;
  }
  return out;
}

problem bad_value(std::string_view name, std::string_view value, const std::string& wanted) {
  return bad_request("the query parameter \"" + std::string(name) + "\" is not right",
                     "\"" + std::string(value) + "\" is not " + wanted);
}

}  // namespace

std::span<const route> routes() { return table; }

path_match find_route(std::string_view path) {
  path_match found;
  for (const route& each : table) {
    const auto name = match(each.path, path);
    if (!name) continue;
    auto decoded = percent_decode(*name, decoding::path);
    if (!decoded) continue;
    found.name = *std::move(decoded);
    (each.how == get ? found.get : found.post) = &each;
  }
  return found;
}

std::string_view to_string(role may) { return may == role::operate ? "operate" : "read"; }

std::optional<role> needed_role(const route& to) {
  if (to.who == access::open) return std::nullopt;
  return to.how == post && to.who == access::by_method ? role::operate : role::read;
}

bool is_change(const route& to) { return to.how == post && to.who == access::by_method; }

std::string allowed_methods(const path_match& found) {
  std::string out;
  if (found.get != nullptr) out = "GET, HEAD";
  if (found.post != nullptr) out += out.empty() ? "POST" : ", POST";
  return out;
}

target split_target(std::string_view text) {
  const auto at = text.find('?');
  if (at == text.npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

boost::system::result<std::string, problem> percent_decode(std::string_view text, decoding how) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && how == decoding::form) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return bad_request("the request target is malformed",
                           "a '%' must be followed by two hexadecimal digits");
      }
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

boost::system::result<query, problem> query::parse(const route& to, std::string_view text) {
  query out;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), decoding::form);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), decoding::form);
    if (!name) return name.error();
    if (!value) return value.error();
    const auto known = std::any_of(to.query.begin(), to.query.end(),
                                   [&](const parameter& each) { return each.name == *name; });
    if (!known) {
      return bad_request("there is no query parameter \"" + *name + "\"", known_names(to));
    }
    if (out.has(*name)) {
      return bad_request("the query parameter \"" + *name + "\" is given twice", "");
    }
    out.values_.emplace_back(*std::move(name), *std::move(value));
  }
  return out;
}

const std::string* query::find(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string_view query::text(std::string_view name) const {
  const std::string* value = find(name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

boost::system::result<bool, problem> query::flag(std::string_view name) const {
  const std::string* value = find(name);
  if (value == nullptr || *value == "0" || *value == "false") {
    return {boost::system::in_place_value, false};
  }
  if (value->empty() || *value == "1" || *value == "true") {
    return {boost::system::in_place_value, true};
  }
  return bad_value(name, *value, "true or false");
}

boost::system::result<std::uint64_t, problem> query::number(std::string_view name,
                                                            std::uint64_t otherwise,
                                                            std::uint64_t most) const {
  const std::string* value = find(name);
  if (value == nullptr) return {boost::system::in_place_value, otherwise};
  std::uint64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, ec] = std::from_chars(value->data(), end, number);
  if (ec != std::errc() || stop != end || number > most) {
    return bad_value(name, *value, "a whole number from 0 to " + std::to_string(most));
  }
  return {boost::system::in_place_value, number};
}

problem bad_request(std::string title, std::string detail, std::string hint) {
  problem out;
  out.status = 400;
  out.type = "bad-request";
  out.title = std::move(title);
  out.detail = std::move(detail);
  out.hint = std::move(hint);
  return out;
}

}  // namespace aurora::wire
