#include "config/document.hpp"

#include <algorithm>

#include "config/words.hpp"

namespace aurora::config {

std::string_view describe(json_kind kind) {
  switch (kind) {
    case json_kind::null:
      return "null";
    case json_kind::boolean:
      return "a boolean";
    case json_kind::number:
      return "a number";
    case json_kind::string:
      return "a string";
    case json_kind::array:
      return "a list";
    case json_kind::object:
      return "an object";
  }
  return "a value";
}

document::document(std::string file_path, std::string content)
    : file(std::move(file_path)), text(std::move(content)) {
  line_starts_.push_back(0);
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

position document::locate(std::uint32_t offset) const {
  const auto behind = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<unsigned>(behind - line_starts_.begin());
  return {file, line, offset - *(behind - 1) + 1};
}

std::string_view document::content_of(const entry& of) const {
  if (of.escaped) return unescaped[of.length];
  const auto quote = of.kind == json_kind::string ? 1u : 0u;
  return std::string_view(text).substr(of.at + quote, of.length);
}

node document::root() const { return {*this, 0}; }

std::string node::quoted() const {
  switch (kind()) {
    case json_kind::string:
      return quote(text());
    case json_kind::array:
    case json_kind::object:
      return std::string(describe(kind()));
    default:
      return shorten(text());
  }
}

}  // namespace aurora::config
