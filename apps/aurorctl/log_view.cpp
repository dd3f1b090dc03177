#include "log_view.hpp"

#include <algorithm>

#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {

log_style style_of(const invocation& given) {
  log_style style;
  style.timestamps = given.has("timestamps");
  style.json = given.json;
  if (const auto pattern = given.value("grep")) {
    style.filter = std::make_shared<const re2::RE2>(*pattern, re2::RE2::Quiet);
    if (!style.filter->ok()) {
      throw failure(exit_code::usage,
                    "--grep \"" + *pattern + "\" is no pattern: " + style.filter->error(),
                    "the syntax is RE2's: https://github.com/google/re2/wiki/Syntax");
    }
  }
  return style;
}

void log_view::widen(const std::vector<std::string>& names) {
  constexpr std::size_t most = 24;
  for (const auto& name : names) {
    name_width_ = std::max(name_width_, std::min(most, display_width(name)));
  }
}

bool log_view::wants(const log_line& line) const {
  return !style_.filter || re2::RE2::PartialMatch(without_sgr(line.text), *style_.filter);
}

std::string log_view::head_of(const log_line& line) const {
  std::string head;
  if (style_.timestamps) {
    const std::string when = line.at ? local_date_clock(*line.at) : std::string(23, '-');
    head += out_.paint(colour::dim, when) + " ";
  }
  if (style_.prefix) {
    const std::string bar(out_.is_terminal() && out_.unicode() ? " │ " : " | ");
    head += paint_name(out_, line.name, pad(line.name, name_width_) + bar);
  }
  return head;
}

void log_view::print(const log_line& line) {
  if (!wants(line)) return;
  if (style_.json) {
    json::object object{{"name", line.name}};
    if (line.at) object["at"] = utc(*line.at);
    object["offset"] = line.offset;
    object["text"] = line.text;
    object["partial"] = line.partial;
    out_.line(to_text(object));
    return;
  }
  // The next piece of a line that was too long for one message goes on where it stopped.
  const bool goes_on = !open_.empty() && open_ == line.name;
  if (!goes_on) {
    close();
    out_.write(head_of(line));
  }
  if (out_.is_terminal()) {
    out_.write(neutralise(line.text, out_.coloured() ? sgr::keep : sgr::strip));
  } else {
    out_.write(line.text);
  }
  open_ = line.partial ? line.name : std::string();
  if (!line.partial) out_.write("\n");
}

void log_view::remark(std::string_view text, colour tint) {
  if (style_.json) return;
  close();
  out_.line(out_.paint(tint, neutralise(text, sgr::strip)));
}

void log_view::close() {
  if (!open_.empty()) out_.write("\n");
  open_.clear();
}

}  // namespace aurora::ctl
