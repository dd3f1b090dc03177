#include "wire/requests.hpp"

#include <initializer_list>

#include <boost/json.hpp>

#include <aurora/exit_status.hpp>

#include "wire/routes.hpp"

namespace aurora::wire {
namespace {

namespace json = boost::json;

// A number would also build a problem (an aggregate that starts with an int): say which is meant.
using boost::system::in_place_value;

constexpr std::size_t deepest = 5;
constexpr std::size_t most_names = 10'000;
constexpr std::size_t most_lines = 10'000;
constexpr unsigned most_instances = 1'000;

/// The pointer in the URI-free form of RFC 6901.
std::string pointer(std::string_view base, std::string_view key) {
  std::string out(base);
  out.push_back('/');
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

problem wrong(const std::string& where, const std::string& what) {
  return bad_request("the request body is not right", where + ": " + what);
}

std::string list(std::initializer_list<std::string_view> names) {
  std::string out;
  for (const auto name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out.empty() ? "no field is known here" : "known: " + out;
}

parsed<json::object> parse_object(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return json::object();
  json::parse_options options;
  options.max_depth = deepest;
  boost::system::error_code ec;
  json::value value = json::parse(json::string_view(text.data(), text.size()), ec, {}, options);
  if (ec == json::error::too_deep) {
    return bad_request("the request body is too deep",
                       "more than " + std::to_string(deepest) + " levels");
  }
  if (ec) return bad_request("the request body is not JSON", ec.message());
  if (!value.is_object()) return wrong("/", "must be an object");
  return std::move(value.get_object());
}

/// Nothing where every field of `object` is one of `known`.
std::optional<problem> stranger(const json::object& object, std::string_view base,
                                std::initializer_list<std::string_view> known) {
  for (const auto& field : object) {
    const std::string_view key(field.key().data(), field.key().size());
    bool found = false;
    for (const auto each : known) found = found || each == key;
    if (!found) {
      problem out = wrong(pointer(base, key), "unknown field");
      out.hint = list(known);
      return out;
    }
  }
  return std::nullopt;
}

parsed<std::vector<std::string>> names_of(const json::object& object, std::string_view base,
                                          std::string_view key) {
  std::vector<std::string> out;
  const json::value* list = object.if_contains(json::string_view(key.data(), key.size()));
  if (list == nullptr) return out;
  const std::string where = pointer(base, key);
  if (!list->is_array()) return wrong(where, "must be a list of names");
  const auto& array = list->get_array();
  if (array.size() > most_names) {
    return wrong(where, "more than " + std::to_string(most_names) + " names");
  }
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (!array[i].is_string()) return wrong(pointer(where, std::to_string(i)), "must be a name");
    out.emplace_back(array[i].get_string().data(), array[i].get_string().size());
  }
  return out;
}

/// A whole number of any JSON spelling ("3", not "3.5").
std::optional<std::int64_t> whole(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  return std::nullopt;
}

parsed<std::size_t> lines_of(const json::object& object, std::string_view base) {
  const json::value* lines = object.if_contains("lines");
  if (lines == nullptr) return {in_place_value, std::size_t{0}};
  const auto count = whole(*lines);
  if (!count || *count < 0 || *count > static_cast<std::int64_t>(most_lines)) {
    return wrong(pointer(base, "lines"),
                 "must be a whole number from 0 to " + std::to_string(most_lines));
  }
  return {in_place_value, static_cast<std::size_t>(*count)};
}

/// {"web@1": 4711}
parsed<std::map<std::string, std::uint64_t>> offsets_of(const json::object& object,
                                                        std::string_view base,
                                                        std::string_view key) {
  std::map<std::string, std::uint64_t> out;
  const json::value* given = object.if_contains(json::string_view(key.data(), key.size()));
  if (given == nullptr) return out;
  const std::string where = pointer(base, key);
  if (!given->is_object()) return wrong(where, "must be an object of offsets");
  for (const auto& field : given->get_object()) {
    const std::string name(field.key().data(), field.key().size());
    const auto offset = whole(field.value());
    if (!offset || *offset < 0) {
      return wrong(pointer(where, name), "must be a whole number that is not negative");
    }
    out.emplace(name, static_cast<std::uint64_t>(*offset));
  }
  return out;
}

std::optional<problem> read_flag(const json::object& object, std::string_view base,
                                 std::string_view key, bool& out) {
  const json::value* given = object.if_contains(json::string_view(key.data(), key.size()));
  if (given == nullptr) return std::nullopt;
  if (!given->is_bool()) return wrong(pointer(base, key), "must be true or false");
  out = given->get_bool();
  return std::nullopt;
}

std::optional<problem> read_subscription(const json::object& what, std::string_view base,
                                         stream_request& out) {
  auto names = names_of(what, base, "logs");
  auto probes = names_of(what, base, "probes");
  auto lines = lines_of(what, base);
  auto after = offsets_of(what, base, "after");
  if (!names) return names.error();
  if (!probes) return probes.error();
  if (!lines) return lines.error();
  if (!after) return after.error();
  for (const auto& [key, flag] : {std::pair("usage", &out.usage), std::pair("batch", &out.batch)})
    if (auto fault = read_flag(what, base, key, *flag)) return fault;
  if (what.contains("probes")) out.probes = *std::move(probes);
  out.of_logs = what.contains("logs") || (!what.contains("probes") && !what.contains("usage"));
  out.logs = *std::move(names);
  out.lines = *lines;
  out.after = *std::move(after);
  return std::nullopt;
}

parsed<std::string> text_of(const json::object& object, std::string_view base,
                            std::string_view key) {
  const json::value* text = object.if_contains(json::string_view(key.data(), key.size()));
  if (text == nullptr || !text->is_string()) return wrong(pointer(base, key), "must be a string");
  return std::string(text->get_string().data(), text->get_string().size());
}

parsed<stream_request> parse_authenticate(const json::value& what) {
  const std::string_view base = "/authenticate";
  if (!what.is_object()) return wrong(std::string(base), "must be an object");
  if (auto fault = stranger(what.get_object(), base, {"token"})) return *std::move(fault);
  auto token = text_of(what.get_object(), base, "token");
  if (!token) return token.error();
  stream_request out;
  out.what = stream_request::kind::authenticate;
  out.token = *std::move(token);
  return out;
}

}  // namespace

parsed<nothing> parse_empty(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return object.error();
  if (auto fault = stranger(*object, "", {})) return *std::move(fault);
  return nothing{};
}

parsed<std::vector<std::string>> parse_names(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return object.error();
  if (auto fault = stranger(*object, "", {"services"})) return *std::move(fault);
  return names_of(*object, "", "services");
}

parsed<int> parse_signal(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return object.error();
  if (auto fault = stranger(*object, "", {"signal"})) return *std::move(fault);
  const json::value* signal = object->if_contains("signal");
  if (signal == nullptr) return wrong("/signal", "is missing (\"SIGHUP\", or 1 to 64)");
  int number = 0;
  if (signal->is_string()) {
    number = signal_number({signal->get_string().data(), signal->get_string().size()});
  } else if (const auto n = whole(*signal); n && *n > 0 && *n <= 64) {
    number = static_cast<int>(*n);
  }
  if (number <= 0) return wrong("/signal", "is no signal (\"SIGHUP\", or 1 to 64)");
  return {in_place_value, number};
}

parsed<unsigned> parse_scale(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return object.error();
  if (auto fault = stranger(*object, "", {"instances"})) return *std::move(fault);
  const json::value* instances = object->if_contains("instances");
  const auto count = instances != nullptr ? whole(*instances) : std::nullopt;
  if (!count || *count < 1 || *count > most_instances) {
    return wrong("/instances",
                 "must be a whole number from 1 to " + std::to_string(most_instances));
  }
  return {in_place_value, static_cast<unsigned>(*count)};
}

parsed<role> parse_code_for(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return object.error();
  if (auto fault = stranger(*object, "", {"role"})) return *std::move(fault);
  const json::value* given = object->if_contains("role");
  if (given == nullptr) return {in_place_value, role::operate};
  for (const role each : {role::read, role::operate}) {
    if (given->is_string() && given->get_string() == json::string_view(to_string(each))) {
      return {in_place_value, each};
    }
  }
  return wrong("/role", "must be \"operate\" or \"read\"");
}

parsed<std::string> parse_code(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return object.error();
  if (auto fault = stranger(*object, "", {"code"})) return *std::move(fault);
  return text_of(*object, "", "code");
}

parsed<stream_request> parse_stream_request(std::string_view message) {
  auto object = parse_object(message);
  if (!object) return object.error();
  if (auto fault = stranger(*object, "", {"subscribe", "unsubscribe", "authenticate"})) {
    return *std::move(fault);
  }
  if (object->size() != 1) return wrong("/", "must hold either \"subscribe\" or \"unsubscribe\"");
  if (object->begin()->key() == "authenticate") return parse_authenticate(object->begin()->value());
  stream_request out;
  const auto& only = *object->begin();
  const bool adding = only.key() == "subscribe";
  out.what = adding ? stream_request::kind::subscribe : stream_request::kind::unsubscribe;
  const std::string base = adding ? "/subscribe" : "/unsubscribe";
  if (!only.value().is_object()) return wrong(base, "must be an object");
  const auto& what = only.value().get_object();
  auto fault = adding ? stranger(what, base, {"logs", "lines", "after", "batch", "usage", "probes"})
                      : stranger(what, base, {"logs", "usage", "probes"});
  if (fault) return *std::move(fault);
  fault = read_subscription(what, base, out);
  if (fault) return *std::move(fault);
  return out;
}

}  // namespace aurora::wire
