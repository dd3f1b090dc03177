#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Text as people read it: widths, shortening, likeness. Pure and total.
namespace aurora::ctl {

/// Columns that UTF-8 text takes on a terminal. Combining marks take none, East Asian wide
/// characters and emoji two, an escape sequence `ESC [ … letter` none.
std::size_t display_width(std::string_view text);

/// `text` in at most `width` columns; what was cut is marked by `ellipsis` ("…" or "..").
std::string clip(std::string_view text, std::size_t width, std::string_view ellipsis);

enum class align { left, right };
/// `text` filled up with blanks to `width` columns; longer text stays as it is.
std::string pad(std::string_view text, std::size_t width, align where = align::left);

/// Makes text of a stranger harmless on a terminal: what could move the cursor, set a title, answer
/// for the user or reverse the reading direction is shown as `^[`, `\x9b` or `\u202e`. Tabs stay.
/// Colours (SGR, `ESC [ … m`) stay when `keep_colour` and are switched off at the end, else they
/// go.
enum class sgr { keep, strip };
std::string neutralise(std::string_view text, sgr colours);

/// `text` without SGR sequences: what a pattern is matched against.
std::string without_sgr(std::string_view text);

/// The candidate that `word` was probably meant to be; nothing when none is near: at most a third
/// of the letters wrong, a swap of neighbours counting as one.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// A hint about a word that is none of the candidates: the one that was probably meant; where none
/// is near, `otherwise`.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string otherwise);

/// "a, b and c".
std::string enumerate(const std::vector<std::string>& words);

/// Percent-encoded for a path segment or a query value (RFC 3986, unreserved characters stay).
std::string url_encode(std::string_view text);

}  // namespace aurora::ctl
