#include <algorithm>

#include <fmt/format.h>

#include "config/draft.hpp"

/// The keys that say what a service's environment is.
namespace aurora::config {
namespace {

/// "$HOME/bin" in a value looks like a variable to people, and is none.
void warn_of_bare_variable(reader& in, const node& value) {
  const auto text = value.text();
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '$') continue;
    const char next = text[i + 1];
    if ((next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') || next == '_') {
      in.warn(value, fmt::format("{} is taken as it stands: only ${{…}} is looked up", quote(text)),
              "write ${NAME}, or $$ for a dollar sign");
      return;
    }
    ++i;
  }
}

std::optional<templated> read_env_value(reader& in, const node& value) {
  switch (value.kind()) {
    case json_kind::number:
      return templated{std::string(value.text())};
    case json_kind::string: {
      warn_of_bare_variable(in, value);
      auto text = in.read_text(value, own_variables::open);
      if (!text) return std::nullopt;
      return templated{std::move(*text)};
    }
    default:
      in.wrong_type(value, "a string or a number",
                    value.is(json_kind::boolean)
                        ? fmt::format("variables are text: try \"{}\"", value.text())
                        : "");
      return std::nullopt;
  }
}

}  // namespace

void read_env(reader& in, const node& from, env_vars& to) {
  if (!from.is(json_kind::object)) return in.wrong_type(from, "an object");
  // Only what lies beneath can be replaced: a name given twice in one object is a fault by itself.
  std::vector<std::size_t> beneath(to.size());
  for (std::size_t i = 0; i < beneath.size(); ++i) beneath[i] = i;
  const auto name_at = [&](std::size_t i) -> const std::string& { return to[i].first; };
  std::sort(beneath.begin(), beneath.end(),
            [&](std::size_t a, std::size_t b) { return name_at(a) < name_at(b); });
  from.for_each_member([&](node name, node value) {
    const reader::scope here(in, name.text());
    if (name.text().empty() ||
        name.text().find_first_of(std::string_view("=\0", 2)) != std::string_view::npos) {
      return in.fault(name, fmt::format("{} is not a name of a variable", quote(name.text())));
    }
    auto text = read_env_value(in, value);
    if (!text) return;
    const auto same = std::lower_bound(
        beneath.begin(), beneath.end(), name.text(),
        [&](std::size_t i, std::string_view wanted) { return name_at(i) < wanted; });
    if (same != beneath.end() && name_at(*same) == name.text()) {
      to[*same].second = std::move(*text);
    } else {
      to.emplace_back(name.text(), std::move(*text));
    }
  });
}

void read_env_files(reader& in, const node& from, std::vector<std::string>& to) {
  to.clear();
  read_list(in, from, "a list of paths", [&](const node& item) {
    auto path = in.read_path(item);
    if (path && in.check_env_file) in.check_env_file(item, *path);
    if (path) to.push_back(std::move(*path));
  });
}

void read_virtualenv(reader& in, const node& from, std::optional<std::string>& to) {
  auto text = in.read_text(from, own_variables::refused, "a path");
  if (text) to = text->empty() ? *text : absolute_path(in.directory, *text);
}

}  // namespace aurora::config
