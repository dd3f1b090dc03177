#include "config/reader.hpp"

#include <cmath>

#include <fmt/format.h>

#include "config/values.hpp"

namespace aurora::config {
namespace {

/// 64 MiB of text put together from variables are no configuration but an attack on the memory.
constexpr std::size_t largest_interpolation = std::size_t{64} << 20;

}  // namespace

void reader::add(diagnostic::severity level, position at, std::string key, std::string message,
                 std::string hint) {
  faults_.add({level, std::move(at), std::move(key), std::move(message), std::move(hint)});
}

std::string reader::path() const {
  std::string out;
  for (const auto& each : path_) {
    if (each.name.data() == nullptr) {
      out += fmt::format("[{}]", each.item);
    } else {
      if (!out.empty()) out += '.';
      out += shorten(each.name);
    }
  }
  return out;
}

void reader::fault(const node& at, std::string message, std::string hint) {
  add(diagnostic::severity::error, at.at(), path(), std::move(message), std::move(hint));
}

void reader::fault_at(const position& at, std::string key, std::string message, std::string hint) {
  add(diagnostic::severity::error, at, std::move(key), std::move(message), std::move(hint));
}

void reader::warn_at(const position& at, std::string key, std::string message, std::string hint) {
  add(diagnostic::severity::warning, at, std::move(key), std::move(message), std::move(hint));
}

void reader::warn(const node& at, std::string message, std::string hint) {
  add(diagnostic::severity::warning, at.at(), path(), std::move(message), std::move(hint));
}

void reader::wrong_type(const node& at, std::string_view wanted, std::string hint) {
  const auto what = at.is(json_kind::object) || at.is(json_kind::array)
                        ? fmt::format("{} where {} belongs", describe(at.kind()), wanted)
                        : fmt::format("{} is not {}", at.quoted(), wanted);
  fault(at, what, std::move(hint));
}

bool reader::take_budget(std::size_t bytes) {
  interpolated_bytes_ += bytes;
  return interpolated_bytes_ <= largest_interpolation;
}

std::optional<std::string> reader::read_text(const node& from, own_variables own,
                                             std::string_view wanted) {
  if (!from.is(json_kind::string)) {
    const bool scalar = from.is(json_kind::number) || from.is(json_kind::boolean);
    wrong_type(from, wanted, scalar ? fmt::format("try \"{}\"", shorten(from.text())) : "");
    return std::nullopt;
  }
  const auto text = from.text();
  if (text.find('\0') != std::string_view::npos) {
    fault(from, fmt::format("{} holds a NUL byte", quote(text)),
          "no argument, path or variable can hold one");
    return std::nullopt;
  }
  auto result = interpolate(text, own, lookup_);
  if (result.message.empty() && text.find('$') != std::string_view::npos &&
      !take_budget(result.text.size())) {
    result.message = fmt::format("variables make more than {} of text in all",
                                 format_size(static_cast<double>(largest_interpolation)));
  }
  if (result.message.empty()) return std::move(result.text);
  fault(from, std::move(result.message), std::move(result.hint));
  return std::nullopt;
}

std::optional<std::string> reader::read_literal(const node& from, json_kind kind,
                                                std::string_view wanted) {
  if (from.is(kind)) return std::string(from.text());
  if (!from.is(json_kind::string)) {
    wrong_type(from, wanted);
    return std::nullopt;
  }
  if (from.text().find("${") == std::string_view::npos) {
    const bool right = kind == json_kind::number ? parse_number(from.text()).has_value()
                                                 : from.text() == "true" || from.text() == "false";
    wrong_type(from, wanted, right ? fmt::format("write {} without quotes", from.text()) : "");
    return std::nullopt;
  }
  return read_text(from, own_variables::refused);
}

std::optional<bool> reader::read_boolean(const node& from) {
  const auto text = read_literal(from, json_kind::boolean, "true or false");
  if (!text) return std::nullopt;
  if (*text == "true" || *text == "false") return *text == "true";
  fault(from, fmt::format("{} is not true or false", quote(*text)));
  return std::nullopt;
}

namespace {

/// What is wrong with a value outside its limits; empty: nothing.
template <class Format>
std::string outside(double value, const limits& range, std::string_view written, Format format) {
  if (value >= range.least && value <= range.most) return {};
  return value > range.most ? fmt::format("{} is more than {}", written, format(range.most))
                            : fmt::format("{} is less than {}", written, format(range.least));
}

template <class Format>
std::string span_of(const limits& range, Format format) {
  return fmt::format("from {} to {}", format(range.least), format(range.most));
}

/// The default of a row, which is JSON, as text of an amount; rows may have none.
std::string_view amount_in(std::string_view fallback, std::string_view otherwise) {
  if (fallback.size() < 3 || fallback.front() != '"') return otherwise;
  return fallback.substr(1, fallback.size() - 2);
}

/// The value as written, or, where it was put together, what came out.
std::string shown(const node& from, std::string_view result) {
  if (!from.is(json_kind::string)) return from.quoted();
  return quote(result);
}

}  // namespace

std::optional<double> reader::read_number(const node& from, const limits& range) {
  const auto text = read_literal(from, json_kind::number, "a number");
  if (!text) return std::nullopt;
  const auto value = parse_number(*text);
  if (!value) {
    fault(from, fmt::format("{} is not a number", quote(*text)));
    return std::nullopt;
  }
  auto wrong = outside(*value, range, shown(from, *text), format_number);
  if (wrong.empty()) return value;
  fault(from, std::move(wrong), span_of(range, format_number));
  return std::nullopt;
}

std::optional<std::int64_t> reader::read_integer(const node& from, const limits& range) {
  const auto text = read_literal(from, json_kind::number, "a whole number");
  if (!text) return std::nullopt;
  const auto value = parse_number(*text);
  if (!value || (std::isfinite(*value) && *value != std::floor(*value))) {
    fault(from, fmt::format("{} is not a whole number", shown(from, *text)),
          span_of(range, format_number));
    return std::nullopt;
  }
  auto wrong = outside(*value, range, shown(from, *text), format_number);
  if (wrong.empty()) return static_cast<std::int64_t>(*value);
  fault(from, std::move(wrong), span_of(range, format_number));
  return std::nullopt;
}

std::optional<double> reader::read_duration(const node& from, const limits& range,
                                            std::string_view fallback) {
  std::optional<double> value;
  std::string written = from.quoted();
  if (from.is(json_kind::number)) {
    value = parse_number(from.text());
  } else {
    const auto text = read_text(from, own_variables::refused, "a duration");
    if (!text) return std::nullopt;
    written = quote(*text);
    value = parse_duration(*text);
    if (!value) {
      fault(from, fmt::format("{} is not a duration", written),
            fmt::format("try \"{}\"", guess_duration(*text, amount_in(fallback, "10s"))));
      return std::nullopt;
    }
  }
  auto wrong = outside(*value, range, written, format_duration);
  if (wrong.empty()) return value;
  fault(from, std::move(wrong), span_of(range, format_duration));
  return std::nullopt;
}

std::optional<double> reader::read_size(const node& from, const limits& range,
                                        std::string_view fallback) {
  std::optional<double> value;
  std::string written = from.quoted();
  if (from.is(json_kind::number)) {
    value = parse_number(from.text());
  } else {
    const auto text = read_text(from, own_variables::refused, "a size");
    if (!text) return std::nullopt;
    written = quote(*text);
    value = parse_size(*text);
    if (!value) {
      fault(from, fmt::format("{} is not a size", written),
            fmt::format("try \"{}\"", guess_size(*text, amount_in(fallback, "10MiB"))));
      return std::nullopt;
    }
  }
  auto wrong = outside(*value, range, written, format_size);
  if (wrong.empty()) return std::floor(*value);
  fault(from, std::move(wrong), span_of(range, format_size));
  return std::nullopt;
}

std::optional<argv_template> reader::read_shell_command(const node& from, emptiness empty) {
  auto text = read_text(from, own_variables::open);
  if (!text) return std::nullopt;
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    if (empty == emptiness::allowed && text->empty()) return argv_template{};
    fault(from, "the command is empty", "name a program: [\"python3\", \"server.py\"]");
    return std::nullopt;
  }
  return argv_template{{"/bin/sh"}, {"-c"}, {std::move(*text)}};
}

std::optional<argv_template> reader::read_command(const node& from, emptiness empty) {
  if (from.is(json_kind::string)) return read_shell_command(from, empty);
  if (!from.is(json_kind::array)) {
    wrong_type(from, "a command", "a list: [\"program\", \"argument\"], or a string for /bin/sh");
    return std::nullopt;
  }
  argv_template command;
  bool good = true;
  std::size_t index = 0;
  from.for_each_item([&](node item) {
    const scope here(*this, index++);
    auto text = read_text(item, own_variables::open);
    good = good && text;
    command.push_back({text ? std::move(*text) : std::string()});
  });
  if (good && (command.empty() ? empty == emptiness::refused : command[0].text.empty())) {
    fault(from, command.empty() ? "the command is empty" : "the name of the program is empty",
          "name a program: [\"python3\", \"server.py\"]");
    return std::nullopt;
  }
  if (!good) return std::nullopt;
  return command;
}

std::optional<std::string> reader::read_path(const node& from) {
  auto text = read_text(from, own_variables::refused, "a path");
  if (!text) return std::nullopt;
  if (!text->empty()) return absolute_path(directory, *text);
  fault(from, "the path is empty");
  return std::nullopt;
}

std::string directory_of(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return "/";
  return std::string(path.substr(0, slash));
}

std::string absolute_path(std::string_view directory, std::string_view path) {
  std::string joined(path);
  if (!path.starts_with('/')) joined = std::string(directory) + '/' + joined;
  std::string out;
  for (std::size_t i = 0; i < joined.size();) {
    const auto end = std::min(joined.find('/', i), joined.size());
    const auto part = std::string_view(joined).substr(i, end - i);
    if (part == "..") {
      out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
    } else if (!part.empty() && part != ".") {
      out += '/';
      out += part;
    }
    i = end + 1;
  }
  return out.empty() ? "/" : out;
}

}  // namespace aurora::config
