#include "block.hpp"

#include "failure.hpp"

namespace aurora::ctl {
namespace {

constexpr std::string_view begin_mark = "# >>> aurora ";
constexpr std::string_view end_mark = "# <<< aurora ";
constexpr std::string_view no_file = "# before: no file\n";
constexpr std::string_view no_newline = "# before: no newline\n";

struct span {
  std::size_t from = 0, to = 0;
};

std::size_t after_line(std::string_view text, std::size_t at) {
  const auto end = text.find('\n', at);
  return end == std::string_view::npos ? text.size() : end + 1;
}

/// Where a line that begins so stands, from `at` on.
std::size_t find_line(std::string_view text, std::string_view begin, std::size_t at) {
  for (; at < text.size(); at = after_line(text, at)) {
    if (text.substr(at).starts_with(begin)) return at;
  }
  return std::string_view::npos;
}

std::optional<span> find(std::string_view text, const std::string& config) {
  const std::string whose = starts_line(config);
  for (std::size_t at = 0; (at = find_line(text, begin_mark, at)) != std::string_view::npos;) {
    const auto second = after_line(text, at);
    const auto last = find_line(text, end_mark, second);
    if (text.substr(second).starts_with(whose)) {
      if (last != std::string_view::npos) return span{at, after_line(text, last)};
      throw failure(exit_code::failed,
                    "the lines between '" + std::string(text.substr(at, second - at - 1)) +
                        "' and its end have lost their end",
                    "take them out by hand, then try again");
    }
    at = second;
  }
  return std::nullopt;
}

std::string_view note_of(std::string_view whole) {
  const auto third = whole.substr(after_line(whole, after_line(whole, 0)));
  if (third.starts_with(no_file)) return no_file;
  return third.starts_with(no_newline) ? no_newline : std::string_view();
}

std::string shown(const block& what, std::string_view note) {
  return std::string(begin_mark) + what.name + " >>>\n" + starts_line(what.config) +
         std::string(note) + what.body + std::string(end_mark) + what.name + " <<<\n";
}

/// Another block of ours that comes right behind has to tell it from now on.
bool hand_on(std::string& behind, std::string_view note) {
  if (!behind.starts_with(begin_mark) || !note_of(behind).empty()) return false;
  behind.insert(after_line(behind, after_line(behind, 0)), note);
  return true;
}

}  // namespace

std::string starts_line(const std::string& config) { return "# starts \"" + config + "\"\n"; }

std::string put_block(const std::optional<std::string>& text, const block& what) {
  if (!text) return shown(what, no_file);
  if (const auto old = find(*text, what.config)) {
    const auto note = note_of(std::string_view(*text).substr(old->from, old->to - old->from));
    return text->substr(0, old->from) + shown(what, note) + text->substr(old->to);
  }
  const bool ends = text->empty() || text->ends_with('\n');
  return *text + (ends ? "" : "\n") + shown(what, ends ? "" : no_newline);
}

std::optional<std::string> take_block(const std::string& text, const std::string& config) {
  const auto found = find(text, config);
  if (!found) return text;
  const auto note = note_of(std::string_view(text).substr(found->from, found->to - found->from));
  std::string before = text.substr(0, found->from), behind = text.substr(found->to);
  if (note.empty() || hand_on(behind, note)) return before + behind;
  if (note == no_newline && behind.empty() && before.ends_with('\n')) before.pop_back();
  if (note == no_file && before.empty() && behind.empty()) return std::nullopt;
  return before + behind;
}

std::optional<std::string> find_block(const std::string& text, const std::string& config) {
  const auto found = find(text, config);
  return found ? std::optional(text.substr(found->from, found->to - found->from)) : std::nullopt;
}

}  // namespace aurora::ctl
