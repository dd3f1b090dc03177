#include "wire/gate.hpp"

#include <algorithm>

namespace aurora::wire {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_word(std::string_view a, std::string_view lower_case) {
  return a.size() == lower_case.size() && std::equal(a.begin(), a.end(), lower_case.begin(),
                                                     [](char x, char y) { return lower(x) == y; });
}

std::string_view trimmed(std::string_view words) {
  const auto from = std::min(words.find_first_not_of(" \t"), words.size());
  words.remove_prefix(from);
  return words.substr(0, words.find_last_not_of(" \t") + 1);
}

/// "application/json", with or without "; charset=utf-8"; anything else is something else: a page
/// of a foreign site could send it without being asked for permission first.
bool is_json(std::string_view type) {
  const auto end = std::min(type.find(';'), type.size());
  if (!same_word(trimmed(type.substr(0, end)), "application/json")) return false;
  if (end == type.size()) return true;
  const auto parameter = trimmed(type.substr(end + 1));
  return same_word(parameter, "charset=utf-8") || same_word(parameter, "charset=\"utf-8\"");
}

problem fault(int status, std::string type, std::string title, std::string detail,
              std::string hint = {}) {
  problem out;
  out.status = status;
  out.type = std::move(type);
  out.title = std::move(title);
  out.detail = std::move(detail);
  out.hint = std::move(hint);
  return out;
}

gate_refusal refuse(problem why) { return {std::move(why), {}, false}; }

/// A link to the dashboard may stand anywhere: its page holds no secret and does nothing by itself.
bool is_navigation(const request_head& head, const path_match& found) {
  return found.get != nullptr && found.get->id == endpoint::page && head.method != "POST" &&
         head.fetch_mode == "navigate";
}

gate_refusal wrong_method(const path_match& found) {
  gate_refusal out;
  out.allow = allowed_methods(found);
  out.why = fault(405, "method-not-allowed", "this path does not take that method",
                  "allowed: " + out.allow);
  return out;
}

problem wrong_media_type() {
  return fault(415, "unsupported-media-type", "a request body must be application/json", "",
               "add the header \"Content-Type: application/json\"");
}

}  // namespace

const route* route_for(const path_match& found, std::string_view method) {
  if (method == "GET" || method == "HEAD") return found.get;
  return method == "POST" ? found.post : nullptr;
}

std::optional<gate_refusal> check_names(const request_head& head, const path_match& found,
                                        const own_names& names) {
  gate_refusal out;
  out.closes = true;
  if (!is_own_host(names, head.host)) {
    out.why = fault(421, "misdirected", "this is not a name of this daemon",
                    "\"" + std::string(head.host) + "\" is none of the names it answers to",
                    "use the address that `aurorctl status --json` tells, or add the name to "
                    "http.hosts");
    return out;
  }
  if (head.origin && !is_own_origin(names, *head.origin)) {
    out.why = fault(403, "foreign-origin", "this page may not use the daemon",
                    "it comes from \"" + std::string(*head.origin) + "\"");
    return out;
  }
  if (!head.fetch_site.empty() && !is_own_site(head.fetch_site) && !is_navigation(head, found)) {
    out.why = fault(403, "foreign-site", "this page may not use the daemon",
                    "the browser says that the request is " + std::string(head.fetch_site));
    return out;
  }
  return std::nullopt;
}

std::optional<role> needed_role(const request_head& head, const path_match& found) {
  if (const route* to = route_for(found, head.method)) return needed_role(*to);
  const route* other = found.get != nullptr ? found.get : found.post;
  if (other != nullptr && other->who == access::open) return std::nullopt;
  return role::read;
}

std::optional<gate_refusal> check_role(const request_head& head, role needed, role given) {
  if (needed == role::read || given == role::operate) return std::nullopt;
  return refuse(fault(403, "read-only", "this session may look, and change nothing",
                      std::string(head.method) + " " + std::string(head.path),
                      "sign in to operate: aurorctl dashboard"));
}

std::optional<gate_refusal> check_form(const request_head& head, const path_match& found,
                                       entrance where) {
  if (!found) {
    return refuse(fault(404, "no-such-path", "there is no such path", std::string(head.path),
                        "GET /api/v1/openapi.json lists them"));
  }
  if (route_for(found, head.method) == nullptr) return wrong_method(found);
  const bool changes = head.method == "POST";
  if (head.has_body && !changes) {
    auto out = refuse(bad_request("a " + std::string(head.method) + " takes no body", ""));
    out.closes = true;
    return out;
  }
  const bool must_be_json = head.has_body || (changes && where == entrance::tcp);
  if (must_be_json && !is_json(head.content_type)) return refuse(wrong_media_type());
  if (!head.expect.empty() && !same_word(head.expect, "100-continue")) {
    auto out = refuse(fault(417, "bad-request", "only \"Expect: 100-continue\" is understood", ""));
    out.closes = true;
    return out;
  }
  return std::nullopt;
}

problem not_signed_in() {
  return fault(401, "not-signed-in", "this takes a token",
               "none was given, or it is not valid (any more)",
               "`aurorctl dashboard` opens the dashboard signed in; programs send \"Authorization: "
               "Bearer TOKEN\" with the token of the state directory");
}

problem no_such_code() {
  return fault(401, "no-such-code", "this code is not valid (any more)",
               "it works once, within a minute", "`aurorctl dashboard` makes another one");
}

problem too_many_failures() {
  return fault(429, "too-many-failures", "too many wrong tokens",
               "none is looked at for a while, whoever shows it",
               "wait a minute, or use the control socket");
}

}  // namespace aurora::wire
