#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/addresses.hpp"
#include "config/draft.hpp"
#include "config/patterns.hpp"
#include "config/values.hpp"

namespace aurora::config {
namespace {

constexpr std::array<std::pair<std::string_view, on_unhealthy>, 2> reactions{
    {{"restart", on_unhealthy::restart}, {"alert", on_unhealthy::alert}}};

constexpr std::array<std::string_view, 7> methods{"GET",     "HEAD",  "POST",  "PUT",
                                                  "OPTIONS", "PATCH", "DELETE"};

constexpr limits status_codes{100, 599};
constexpr std::array<std::string_view, 5> http_only{"status", "body", "headers", "method",
                                                    "tls_verify"};
constexpr std::size_t most_headers = 100;

void set_http(reader& in, const node& from, const key_info&, health_draft& to) {
  to.what = health_draft::kind::http;
  auto url = in.read_text(from, own_variables::open, "a URL");
  if (!url) return;
  if (const auto wrong = check_url(*url); !wrong.message.empty()) {
    return in.fault(from, wrong.message, wrong.hint);
  }
  to.url.text = std::move(*url);
}

void set_tcp(reader& in, const node& from, const key_info&, health_draft& to) {
  to.what = health_draft::kind::tcp;
  auto address = in.read_text(from, own_variables::open, "an address");
  if (!address) return;
  if (const auto wrong = check_address(*address); !wrong.message.empty()) {
    return in.fault(from, wrong.message, wrong.hint);
  }
  to.tcp.text = std::move(*address);
}

void set_exec(reader& in, const node& from, const key_info&, health_draft& to) {
  to.what = health_draft::kind::exec;
  auto command = in.read_command(from, reader::emptiness::refused);
  if (!command) return;
  to.exec = std::move(*command);
}

std::optional<int> status_code(std::string_view text) {
  if (text.size() != 3) return std::nullopt;
  const auto value = parse_number(text);
  if (!value || *value < status_codes.least || *value > status_codes.most) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<status_range> status_range_of(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const auto dash = text.find('-');
  const auto first = status_code(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : status_code(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return status_range{*first, *last};
}

void set_status(reader& in, const node& from, const key_info&, health_draft& to) {
  if (from.is(json_kind::number)) {
    const auto code = in.read_integer(from, status_codes);
    if (code) to.status = {{static_cast<int>(*code), static_cast<int>(*code)}};
    return;
  }
  const auto text = in.read_text(from, own_variables::refused, "a range of status codes");
  if (!text) return;
  std::vector<status_range> ranges;
  for (std::size_t i = 0; i <= text->size();) {
    const auto end = std::min(text->find(',', i), text->size());
    const auto range = status_range_of(std::string_view(*text).substr(i, end - i));
    if (!range) {
      return in.fault(from, fmt::format("{} is not a range of status codes", quote(*text)),
                      "try \"200-399\" or \"200,204\"; codes are from 100 to 599");
    }
    ranges.push_back(*range);
    i = end + 1;
  }
  to.status = std::move(ranges);
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

void set_header(reader& in, const node& name, const node& value, health_draft& to) {
  const reader::scope here(in, name.text());
  if (!is_header_name(name.text())) {
    return in.fault(name, fmt::format("{} is not a name of a header", quote(name.text())));
  }
  auto text = in.read_text(value, own_variables::open);
  if (!text) return;
  if (text->find_first_of("\r\n") != std::string::npos) {
    return in.fault(value, "a header cannot hold a line break");
  }
  const auto same = std::find_if(to.headers.begin(), to.headers.end(),
                                 [&](const auto& each) { return each.first == name.text(); });
  if (same != to.headers.end()) {
    same->second.text = std::move(*text);
  } else {
    to.headers.emplace_back(name.text(), templated{std::move(*text)});
  }
}

void set_headers(reader& in, const node& from, const key_info&, health_draft& to) {
  if (!from.is(json_kind::object)) return in.wrong_type(from, "an object");
  std::size_t count = 0;
  from.for_each_member([&](node, node) { ++count; });
  if (count > most_headers) {
    return in.fault(from, fmt::format("{} headers are more than {}", count, most_headers));
  }
  from.for_each_member([&](node name, node value) { set_header(in, name, value, to); });
}

void set_body(reader& in, const node& from, const key_info&, health_draft& to) {
  if (auto pattern = read_pattern(in, from)) to.body = std::move(*pattern);
}

void set_method(reader& in, const node& from, const key_info& row, health_draft& to) {
  if (const auto index = read_word(in, from, row)) to.method = methods[*index];
}

key<health_draft> method_row() {
  key<health_draft> row{{.name = "method",
                         .type = value_type::word,
                         .fallback = R"("GET")",
                         .doc = "HTTP: the method of the request."},
                        set_method};
  row.words.assign(methods.begin(), methods.end());
  return row;
}

std::vector<key<health_draft>> health_rows() {
  using draft = health_draft;
  constexpr limits pause{0.01, longest_time};
  constexpr limits tally{1, 1000};
  return {
      special<draft>("http", "", R"j("type": "string", "pattern": "^(https?://|\\$\\{)")j",
                     "URL that must answer: \"http://127.0.0.1:${PORT}/health\".", set_http),
      special<draft>("tcp", "", R"j("type": "string", "pattern": ":|\\$\\{")j",
                     "Address that must accept a connection: \"127.0.0.1:${PORT}\".", set_tcp),
      special<draft>("exec", "", R"("$ref": "#/$defs/command_given")",
                     "Command that must exit 0; killed as a tree at `timeout`.", set_exec),
      field<&health_spec::interval, draft>("interval", R"("10s")", pause,
                                           "Time between two probes."),
      field<&health_spec::timeout, draft>("timeout", R"("2s")", {0.001, longest_time},
                                          "Longest time a probe may take, name lookup included."),
      field<&health_spec::retries, draft>("retries", "3", tally,
                                          "Failures in a row that make it unhealthy."),
      field<&health_spec::successes, draft>("successes", "1", tally,
                                            "Successes in a row that make it healthy."),
      field<&health_spec::start_interval, draft>(
          "start_interval", R"("250ms")", pause,
          "Time between two probes while it starts; failures then count only against "
          "start_timeout."),
      field<&health_spec::start_period, draft>(
          "start_period", R"("0s")", {0, longest_time},
          "Failures within this time of the spawn never count."),
      word<&health_spec::on_failure, reactions, draft>(
          "on_failure", R"("restart")",
          "What follows when it is unhealthy: a restart, or only an alert."),
      special<draft>(
          "status", R"("200-399")",
          R"("anyOf": [{"type": "integer", "minimum": 100, "maximum": 599}, )"
          R"j({"type": "string", "pattern": "^ *[1-5][0-9]{2}(-[1-5][0-9]{2})? *(, *[1-5][0-9]{2}(-[1-5][0-9]{2})? *)*$|\\$\\{"}])j",
          "HTTP: status codes that count as healthy: 200, \"200-399\", \"200,204\".", set_status),
      special<draft>("body", "", R"("type": "string")",
                     "HTTP: pattern (RE2) to find in the first 64 KiB of the body.", set_body),
      special<draft>("headers", "",
                     R"("type": "object", "maxProperties": 100, )"
                     R"("additionalProperties": {"type": "string"})",
                     "HTTP: headers to send.", set_headers),
      method_row(),
      field<&http_probe::tls_verify, draft>("tls_verify", "true", {},
                                            "HTTPS: whether the certificate is verified."),
  };
}

}  // namespace

const section<health_draft>& health_section() {
  static const section<health_draft> table("health",
                                           "How the service is probed: one of http, tcp and exec.",
                                           health_rows(), {"http", "tcp", "exec"});
  return table;
}

void read_health(reader& in, const node& from, health_draft& to) {
  apply(in, from, health_section(), to);
  if (!from.is(json_kind::object)) return;
  bool http = to.what == health_draft::kind::http || to.what == health_draft::kind::none;
  from.for_each_member([&](node name, node) { http = http || name.text() == "http"; });
  from.for_each_member([&](node name, node) {
    const auto& words = http_only;
    if (http || std::find(words.begin(), words.end(), name.text()) == words.end()) return;
    const reader::scope here(in, name.text());
    in.fault(name, fmt::format("{} is for HTTP probes only", quote(name.text())),
             "leave it out, or probe with \"http\"");
  });
}

}  // namespace aurora::config
