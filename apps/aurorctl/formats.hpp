#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "text.hpp"

namespace aurora::ctl {

/// The names of a table of formats, in its order.
template <class Format, std::size_t Count>
std::vector<std::string> names_of(const Format (&formats)[Count]) {
  std::vector<std::string> names;
  for (const auto& each : formats) names.emplace_back(each.name);
  return names;
}

/// The format of that name. Throws `failure` with what was probably meant; `verb` is what people
/// wanted to do with it.
template <class Format, std::size_t Count>
const Format& format_named(const Format (&formats)[Count], const std::string& name,
                           const std::string& verb) {
  for (const auto& each : formats) {
    if (each.name == name) return each;
  }
  const auto known = names_of(formats);
  throw failure(exit_code::usage, "there is no format \"" + name + "\" to " + verb,
                did_you_mean(name, known, "it is one of " + enumerate(known)));
}

}  // namespace aurora::ctl
