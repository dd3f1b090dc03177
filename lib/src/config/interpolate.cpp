#include "config/interpolate.hpp"

#include <fmt/format.h>

#include "config/words.hpp"

namespace aurora::config {
namespace {

constexpr unsigned deepest_default = 16;
/// The kernel takes no longer argument or variable (MAX_ARG_STRLEN), and variables that hold one
/// another twice over grow without end.
constexpr std::size_t longest_result = 128 * 1024;

bool is_name(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (!first && c >= '0' && c <= '9');
}

std::size_t name_length(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && is_name(text[i], i == 0)) ++i;
  return i;
}

/// Offset of the "}" that ends what stands behind a "${"; npos: none.
std::size_t closing_brace(std::string_view text) {
  unsigned open = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && (text[i + 1] == '$' || text[i + 1] == '{')) {
      open += text[i + 1] == '{' ? 1u : 0u;
      ++i;
    } else if (text[i] == '}' && --open == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

class interpolator {
 public:
  interpolator(own_variables own, const variable_lookup& lookup) : own_(own), lookup_(lookup) {}

  /// Appends the text to `to` as `templated` text; false: `message` says why not.
  bool append(std::string_view text, std::string& to, unsigned depth) {
    if (depth > deepest_default) {
      return fail(fmt::format("defaults are nested deeper than {}", deepest_default), "");
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (to.size() > longest_result) {
        return fail(fmt::format("is longer than {} bytes with its variables", longest_result), "");
      }
      if (text[i] != '$') {
        to += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '{') {
        const auto inside = text.substr(i + 2);
        const auto end = closing_brace(inside);
        if (end == std::string_view::npos) {
          return fail(fmt::format("{} is never closed", quote(text.substr(i))),
                      "add \"}\", or write $$ for a dollar sign");
        }
        if (!expression(inside.substr(0, end), to, depth)) return false;
        i += end + 2;
      } else {
        to += "$$";
        if (i + 1 < text.size() && text[i + 1] == '$') ++i;
      }
    }
    return true;
  }

  std::string message, hint;

 private:
  bool fail(std::string what, std::string todo) {
    message = std::move(what);
    hint = std::move(todo);
    return false;
  }

  bool expression(std::string_view inside, std::string& to, unsigned depth) {
    const auto name = inside.substr(0, name_length(inside));
    auto rest = inside.substr(name.size());
    if (name.empty() || (!rest.empty() && !is_operator(rest))) {
      return fail(fmt::format("\"${{{}}}\" is not a variable", shorten(inside)),
                  fmt::format("write \"$${{{}}}\" to hand it on as it is", shorten(inside)));
    }
    if (is_own_variable(name)) return own(name, rest, to);
    const auto value = lookup_(name);
    if (rest.empty()) {
      if (!value) return unset(name);
      to += *value;
      return true;
    }
    const bool colon = rest[0] == ':';
    if (colon) rest.remove_prefix(1);
    const bool given = value && !(colon && value->empty());
    const auto word = rest.substr(1);
    switch (rest[0]) {
      case '+':
        return !given || append(word, to, depth + 1);
      case '-':
        if (!given) return append(word, to, depth + 1);
        break;
      default:
        if (!given) return required(name, word, depth);
    }
    to += *value;
    return true;
  }

  static bool is_operator(std::string_view text) {
    if (text[0] == ':') text.remove_prefix(1);
    return !text.empty() && (text[0] == '-' || text[0] == '?' || text[0] == '+');
  }

  bool own(std::string_view name, std::string_view rest, std::string& to) {
    if (own_ == own_variables::refused) {
      return fail(fmt::format("${{{}}} is the instance's own and not known here", name),
                  "it can stand in commands, probes, hooks and env values");
    }
    if (!rest.empty()) {
      return fail(
          fmt::format("${{{}}} is the instance's own and takes no \"{}\"", name, shorten(rest)),
          fmt::format("write \"${{{}}}\"", name));
    }
    to += fmt::format("${{{}}}", name);
    return true;
  }

  bool unset(std::string_view name) {
    return fail(fmt::format("variable {} is not set", quote(name)),
                fmt::format("set it, or give a default: \"${{{}:-…}}\"", shorten(name)));
  }

  bool required(std::string_view name, std::string_view words, unsigned depth) {
    std::string told;
    if (!append(words, told, depth + 1)) return false;
    if (told.empty()) return unset(name);
    return fail(fmt::format("variable {} is not set: {}", quote(name), shorten(told)),
                fmt::format("set {}", shorten(name)));
  }

  own_variables own_;
  const variable_lookup& lookup_;
};

/// `templated` text in which nothing is open as literal text; false: something is.
bool close_template(std::string_view text, std::string& to) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size()) {
      if (text[i + 1] == '{') return false;
      ++i;
    }
    to += text[i];
  }
  return true;
}

}  // namespace

interpolated interpolate(std::string_view text, own_variables own, const variable_lookup& lookup) {
  interpolated result;
  if (text.find('$') == std::string_view::npos) {
    result.text = text;
    return result;
  }
  interpolator work(own, lookup);
  std::string open;
  if (!work.append(text, open, 0)) {
    result.message = std::move(work.message);
    result.hint = std::move(work.hint);
  } else if (own == own_variables::open) {
    result.text = std::move(open);
  } else if (!close_template(open, result.text)) {
    result.message = fmt::format("{} holds a variable that is the instance's own", quote(text));
    result.hint = "it can stand in commands, probes, hooks and env values";
  }
  return result;
}

std::string escape_dollars(std::string_view literal) {
  std::string out;
  for (const char c : literal) out.append(c == '$' ? 2 : 1, c);
  return out;
}

bool is_own_variable(std::string_view name) {
  return name == "PORT" || name == "AURORA_SERVICE" || name == "AURORA_INSTANCE";
}

bool names_variable(std::string_view templated_text, std::string_view own_name) {
  for (std::size_t i = 0; i + 1 < templated_text.size(); ++i) {
    if (templated_text[i] != '$') continue;
    const auto rest = templated_text.substr(i + 2);
    if (templated_text[i + 1] == '{' && rest.starts_with(own_name) &&
        rest.substr(own_name.size()).starts_with('}')) {
      return true;
    }
    ++i;
  }
  return false;
}

}  // namespace aurora::config
