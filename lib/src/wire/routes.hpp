#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/system/result.hpp>

#include <aurora/answers.hpp>

/// The one table of routes. Router, `Allow`, the names of query parameters, the OpenAPI document
/// and the tests are all read from it, so that they cannot part.
namespace aurora::wire {

enum class endpoint {
  status,
  services,
  start_one,
  stop_one,
  restart_one,
  signal,
  scale,
  logs,
  why,
  start,
  stop,
  restart,
  reload,
  plan,
  upgrade,
  shutdown,
  check,
  events,
  graph,
  stream,
  openapi,
  healthz,
  readyz,
  metrics,
  configuration,
  processes,
  probes,
  usage,
  codes,
  session,
  page,
  asset,
};

enum class method { get, post };  ///< HEAD goes wherever GET does

/// What the body of a POST may hold; an absent one is `{}`.
enum class body_kind { none, empty, names, signal, scale, code_for, code };

/// What someone who signed in may do: look, or change things too.
enum class role { read, operate };
std::string_view to_string(role may);

/// Who may use a route on TCP: whoever signed in, for a GET in any role and for a POST in that of
/// `operate`; anyone who signed in (a POST that changes nothing); or everybody.
enum class access { by_method, signed_in, open };

struct parameter {
  std::string_view name;
  std::string_view type;  ///< of OpenAPI: "string", "integer", "boolean"
  std::string_view doc;
};

struct route {
  endpoint id;
  method how;
  std::string_view path;  ///< "{name}" stands for one segment, percent-decoded
  std::string_view doc;
  body_kind body = body_kind::none;
  std::string_view answer;  ///< name of the schema of a 200; empty: no JSON
  std::span<const parameter> query = {};
  access who = access::by_method;
};

std::span<const route> routes();

/// The role that a route takes; nothing: it is open to all.
std::optional<role> needed_role(const route& to);
/// Whether someone must hear of it: a POST that changes something.
bool is_change(const route& to);

/// The routes of one path, by method.
struct path_match {
  const route* get = nullptr;
  const route* post = nullptr;
  std::string name;  ///< what "{name}" stood for
  explicit operator bool() const { return get != nullptr || post != nullptr; }
};

/// `path` as it came, without the query. Never normalised: "/api/../x" is no path of ours.
path_match find_route(std::string_view path);

/// "GET, HEAD", "POST", …
std::string allowed_methods(const path_match& found);

/// A request target in its two halves.
struct target {
  std::string_view path;
  std::string_view query;  ///< without the '?'
};
target split_target(std::string_view text);

/// The text with every %XX replaced, and every '+' by a space where `form` says so; nothing where a
/// '%' is not followed by two hex digits.
enum class decoding { path, form };
boost::system::result<std::string, problem> percent_decode(std::string_view text, decoding how);

/// The parameters of a request, each one known to its route and given once.
class query {
 public:
  /// A problem (400) for an unknown or repeated name and for a malformed escape.
  static boost::system::result<query, problem> parse(const route& to, std::string_view text);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Empty where it is not given.
  std::string_view text(std::string_view name) const;
  /// Given without a value, or as 1 or true: yes. Not given, 0 or false: no.
  boost::system::result<bool, problem> flag(std::string_view name) const;
  /// A whole number from 0 to `most`; `otherwise` where it is not given.
  boost::system::result<std::uint64_t, problem> number(std::string_view name,
                                                       std::uint64_t otherwise,
                                                       std::uint64_t most) const;

 private:
  const std::string* find(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> values_;
};

/// A 400 of type "bad-request".
problem bad_request(std::string title, std::string detail, std::string hint = {});

}  // namespace aurora::wire
