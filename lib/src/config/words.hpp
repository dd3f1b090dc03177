#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Words of messages: quoting what people wrote, and guessing what they meant.
namespace aurora::config {

/// At most 60 bytes of it, cut at a character, control bytes written as \xNN.
std::string shorten(std::string_view text);

/// The same in double quotes.
std::string quote(std::string_view text);

/// Edits (insert, delete, replace, swap of neighbours) from one word to the other, letters' case
/// aside; `limit + 1` where there are more than `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// Looks for the word that was meant. Bounded: a file with thousands of unknown names among
/// thousands of known ones would take minutes, so after a fixed amount of work it knows nothing
/// more. The limit is one edit in three letters.
class guesser {
 public:
  /// `did you mean "database"?`, or nothing. The first of several equally near ones.
  std::string hint(std::string_view written, const std::vector<std::string_view>& known);

 private:
  std::size_t work_left_ = 20'000'000;
};

}  // namespace aurora::config
