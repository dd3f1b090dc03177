#include <yaml-cpp/yaml.h>

#include <charconv>
#include <unordered_set>

#include <fmt/format.h>

#include "convert/tree.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr unsigned deepest = 64;
constexpr std::size_t most_values = 100000;

struct unusable {
  YAML::Mark mark;
  std::string message, hint;
};

class copier {
 public:
  explicit copier(const std::string& file) : file_(file) {}

  /// Follows aliases, and so is bounded: a file of some lines can be a billion values, or endless.
  tree copy(const YAML::Node& from, unsigned depth) {
    if (depth > deepest) throw unusable{from.Mark(), "it is nested deeper than 64", "flatten it"};
    if (++values_ > most_values) {
      throw unusable{from.Mark(), "it is more than 100000 values, aliases followed", "split it"};
    }
    tree to;
    to.at = at(from.Mark());
    check_tag(from);
    if (from.IsScalar()) {
      to.is = tree::kind::text;
      to.plain = from.Tag() == "?" || from.Tag().empty();
      to.text = from.Scalar();
      if (to.text.find('\0') != std::string::npos) {
        throw unusable{from.Mark(), "a NUL byte is in this text", "take it out"};
      }
    } else if (from.IsSequence()) {
      to.is = tree::kind::list;
      for (const auto& item : from) to.items.push_back(copy(item, depth + 1));
    } else if (from.IsMap()) {
      to.is = tree::kind::map;
      members(from, to, depth);
    }
    return to;
  }

 private:
  position at(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_, 0, 0};
    return {file_, static_cast<unsigned>(mark.line) + 1, static_cast<unsigned>(mark.column) + 1};
  }

  static void check_tag(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag.size() < 2 || tag.starts_with("tag:yaml.org,2002:")) return;
    throw unusable{node.Mark(), "the tag \"" + tag + "\" is not understood",
                   "write the value without it"};
  }

  void members(const YAML::Node& from, tree& to, unsigned depth) {
    std::unordered_set<std::string> own;
    std::vector<tree> merged;
    for (const auto& member : from) {
      if (!member.first.IsScalar()) {
        throw unusable{member.first.Mark(), "a key that is no text", "write a word"};
      }
      const std::string& key = member.first.Scalar();
      tree value = copy(member.second, depth + 1);
      if (key == "<<" && member.first.Tag() != "!") {
        if (value.is_list()) {
          merged.insert(merged.end(), value.items.begin(), value.items.end());
        } else {
          merged.push_back(std::move(value));
        }
        continue;
      }
      if (!own.insert(key).second) {
        throw unusable{member.first.Mark(), "the key \"" + key.substr(0, 60) + "\" is there twice",
                       "take one away"};
      }
      to.fields.push_back({key, at(member.first.Mark()), std::move(value)});
    }
    for (auto& more : merged) {  // what was written first, and what is its own, wins
      for (auto& f : more.fields) {
        if (own.insert(f.key).second) to.fields.push_back(std::move(f));
      }
    }
  }

  const std::string& file_;
  std::size_t values_ = 0;
};

tree parse(const std::string& text, const std::string& file) {
  const auto documents = YAML::LoadAll(text);
  if (documents.size() > 1) {
    throw unusable{documents[1].Mark(), "there is more than one document in it", "split the file"};
  }
  if (documents.empty() || !documents[0].IsMap()) {
    throw unusable{YAML::Mark(), "it is no map of keys and values", "is it the right file?"};
  }
  return copier(file).copy(documents[0], 0);
}

/// Of `\\uD83D` at that place: 0xD83D; 0: there is no such escape.
unsigned escape_at(std::string_view text, std::size_t at) {
  unsigned unit = 0;
  if (text.substr(at, 2) != "\\u" || text.size() < at + 6) return 0;
  const char* begin = text.data() + at + 2;
  const auto [end, ec] = std::from_chars(begin, begin + 4, unit, 16);
  return ec == std::errc() && end == begin + 4 ? unit : 0;
}

/// JSON writes a character beyond U+FFFF as two escapes, YAML as one of eight digits.
std::string without_surrogates(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned high = escape_at(text, at);
    const unsigned low = high >= 0xD800 && high < 0xDC00 ? escape_at(text, at + 6) : 0;
    if (low >= 0xDC00 && low < 0xE000) {
      out += fmt::format("\\U{:08x}", 0x10000 + ((high - 0xD800) << 10U) + (low - 0xDC00));
      at += 12;
    } else {
      const std::size_t length = text[at] == '\\' ? 2 : 1;
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

}  // namespace

std::optional<tree> read_json(const std::string& text, const std::string& file,
                              diagnostics& faults) {
  return read_yaml(without_surrogates(text), file, faults);
}

std::optional<tree> read_yaml(const std::string& text, const std::string& file,
                              diagnostics& faults) {
  if (!readable(text, file, faults)) return std::nullopt;
  diagnostic fault;
  fault.at.file = file;
  YAML::Mark mark = YAML::Mark::null_mark();
  try {
    return parse(text, file);
  } catch (const unusable& what) {
    mark = what.mark;
    fault.message = what.message;
    fault.hint = what.hint;
  } catch (const YAML::Exception& what) {
    mark = what.mark;
    fault.message = "it is no YAML: " + what.msg;
    fault.hint = "put the line right";
  }
  if (!mark.is_null()) {
    fault.at.line = static_cast<unsigned>(mark.line) + 1;
    fault.at.column = static_cast<unsigned>(mark.column) + 1;
  }
  faults.push_back(std::move(fault));
  return std::nullopt;
}

}  // namespace aurora::ctl::convert
