#include "config/keys.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace aurora::config {

void unknown_key(reader& in, const section_info& known, const node& name) {
  std::vector<std::string_view> names;
  for (const auto* each : known.keys) names.push_back(each->name);
  const reader::scope here(in, name.text());
  auto hint = in.guess(name.text(), names);
  if (hint.empty()) hint = fmt::format("known here: {}", fmt::join(names, ", "));
  in.fault(name, fmt::format("{} is not a key of {}", quote(name.text()), known.name),
           std::move(hint));
}

void check_exclusive(reader& in, const section_info& known, const node& object) {
  std::vector<node> given;
  object.for_each_member([&](node name, node) {
    const auto& names = known.exclusive;
    if (std::find(names.begin(), names.end(), name.text()) != names.end()) given.push_back(name);
  });
  if (given.size() < 2 || given[0].text() == given[1].text()) return;
  in.fault(
      given[1],
      fmt::format("{} and {} exclude each other", quote(given[0].text()), quote(given[1].text())),
      fmt::format("keep one of {}", fmt::join(known.exclusive, ", ")));
}

std::optional<std::size_t> read_word(reader& in, const node& from, const key_info& row) {
  const auto wanted = fmt::format("one of {}", fmt::join(row.words, ", "));
  const auto text = in.read_text(from, own_variables::refused, wanted);
  if (!text) return std::nullopt;
  const auto found = std::find(row.words.begin(), row.words.end(), *text);
  if (found != row.words.end()) return static_cast<std::size_t>(found - row.words.begin());
  auto hint = in.guess(*text, row.words);
  in.fault(from, fmt::format("{} is not {}", quote(*text), wanted), std::move(hint));
  return std::nullopt;
}

}  // namespace aurora::config
