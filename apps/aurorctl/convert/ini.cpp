#include <algorithm>

#include "convert/tree.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr std::string_view blanks = " \t\r\f\v";
constexpr std::size_t most_keys = 10000;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// A comment begins where `;` or `#` follows a blank.
std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool mark = line[i] == ';' || line[i] == '#';
    if (mark && (i == 0 || blanks.find(line[i - 1]) != blanks.npos)) return line.substr(0, i);
  }
  return line;
}

class lines {
 public:
  lines(std::string_view text, const std::string& file) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    at_.file = file;
  }
  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const auto end = std::min(rest_.find('\n'), rest_.size());
    line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++at_.line;
    return true;
  }
  position at(std::size_t column) const {
    position here = at_;
    here.column = static_cast<unsigned>(column) + 1;
    return here;
  }

 private:
  std::string_view rest_;
  position at_;
};

diagnostic fault_at(position at, std::string message, std::string hint) {
  return {diagnostic::severity::error, std::move(at), "", std::move(message), std::move(hint)};
}

tree text_at(std::string text, const position& at) {
  tree value;
  value.is = tree::kind::text;
  value.plain = true;
  value.text = std::move(text);
  value.at = at;
  return value;
}

tree map_at(const position& at) {
  tree value;
  value.is = tree::kind::map;
  value.at = at;
  return value;
}

/// The section `[NAME]`, which may have been begun before.
tree* section_of(tree& root, std::string_view line, const position& at) {
  const std::string name(trimmed(line.substr(1, line.find(']') - 1)));
  for (auto& f : root.fields) {
    if (f.key == name) return &f.value;
  }
  root.fields.push_back({name, at, map_at(at)});
  return &root.fields.back().value;
}

class configparser {
 public:
  configparser(const std::string& text, const std::string& file, diagnostics& faults,
               diagnostics& twice)
      : lines_(text, file), faults_(faults), twice_(twice) {}

  std::optional<tree> read() {
    tree root = map_at(lines_.at(0));
    std::string_view line;
    while (lines_.next(line) && keys_ <= most_keys) take(root, line);
    if (keys_ > most_keys) say(lines_.at(0), "more than 10000 keys are in it", "split it");
    if (!faults_.empty()) return std::nullopt;
    return root;
  }

 private:
  void take(tree& root, std::string_view whole) {
    const auto first = whole.find_first_not_of(blanks);
    const auto line = trimmed(without_comment(whole));
    if (line.empty()) return;
    if (first > 0 && value_ != nullptr && first > indent_) {
      value_->text += "\n" + std::string(line);
      return;
    }
    value_ = nullptr;
    if (line.front() == '[' && line.find(']') != line.npos) {
      section_ = section_of(root, line, lines_.at(first));
      return;
    }
    const auto end = line.find_first_of("=:");
    if (section_ == nullptr) {
      return say(lines_.at(first), "this line stands before the first [section]",
                 "is it a configuration of supervisord?");
    }
    if (end == line.npos || end == 0) {
      return say(lines_.at(first), "this line is neither [section], key = value nor a comment",
                 "write key = value, or put a ; before it");
    }
    indent_ = first;
    put(lower(trimmed(line.substr(0, end))), trimmed(line.substr(end + 1)), lines_.at(first));
  }

  void put(std::string key, std::string_view value, const position& at) {
    if (++keys_ > most_keys) return;
    for (auto& f : section_->fields) {
      if (f.key != key) continue;
      twice_.push_back({diagnostic::severity::warning, f.at, key,
                        "is written twice, and only the last one counts", "take one away"});
      f.at = at;
      f.value = text_at(std::string(value), at);
      value_ = &f.value;
      return;
    }
    section_->fields.push_back({std::move(key), at, text_at(std::string(value), at)});
    value_ = &section_->fields.back().value;
  }

  void say(position at, std::string message, std::string hint) {
    if (faults_.size() < 20) {
      faults_.push_back(fault_at(std::move(at), std::move(message), std::move(hint)));
    }
  }

  lines lines_;
  diagnostics& faults_;
  diagnostics& twice_;
  tree* section_ = nullptr;
  tree* value_ = nullptr;
  std::size_t indent_ = 0;
  std::size_t keys_ = 0;
};

class unit_reader {
 public:
  unit_reader(const std::string& text, const std::string& file, diagnostics& faults)
      : lines_(text, file), faults_(faults) {}

  std::optional<tree> read() {
    tree root = map_at(lines_.at(0));
    std::string_view line;
    while (lines_.next(line) && keys_ <= most_keys) {
      const auto first = line.find_first_not_of(blanks);
      const bool note = first == line.npos || line[first] == '#' || line[first] == ';';
      if (!note) take(root, line, lines_.at(first));
    }
    if (keys_ > most_keys) {
      faults_.push_back(fault_at(lines_.at(0), "more than 10000 keys are in it", "split it"));
    }
    if (!faults_.empty()) return std::nullopt;
    return root;
  }

 private:
  void take(tree& root, std::string_view line, const position& at) {
    const std::string whole = joined(line);
    const auto text = trimmed(whole);
    if (text.front() == '[') {
      if (text.back() == ']') {
        section_ = section_of(root, text, at);
      } else {
        faults_.push_back(fault_at(at, "this section has no end", "write [Service]"));
      }
      return;
    }
    const auto equals = text.find('=');
    if (section_ == nullptr || equals == text.npos || equals == 0) {
      if (faults_.size() < 20) {
        faults_.push_back(fault_at(at,
                                   section_ == nullptr
                                       ? "this line stands before the first [Section]"
                                       : "this line is neither [Section] nor Key=value",
                                   "is it a unit of systemd?"));
      }
      return;
    }
    put(std::string(trimmed(text.substr(0, equals))), std::string(trimmed(text.substr(equals + 1))),
        at);
  }

  /// With the lines that go on behind a backslash; comments between them do not count.
  std::string joined(std::string_view line) {
    std::string whole(line);
    while (whole.ends_with('\\')) {
      whole.back() = ' ';
      std::string_view next;
      do {
        if (!lines_.next(next)) return whole;
      } while (!trimmed(next).empty() && (trimmed(next)[0] == '#' || trimmed(next)[0] == ';'));
      whole += next;
    }
    return whole;
  }

  void put(const std::string& key, std::string value, const position& at) {
    ++keys_;
    for (auto& f : section_->fields) {
      if (f.key != key) continue;
      f.value.items.push_back(text_at(std::move(value), at));
      return;
    }
    tree list;
    list.is = tree::kind::list;
    list.at = at;
    list.items.push_back(text_at(std::move(value), at));
    section_->fields.push_back({key, at, std::move(list)});
  }

  lines lines_;
  diagnostics& faults_;
  tree* section_ = nullptr;
  std::size_t keys_ = 0;
};

}  // namespace

std::optional<tree> read_ini(const std::string& text, const std::string& file, diagnostics& faults,
                             diagnostics& twice) {
  if (!readable(text, file, faults)) return std::nullopt;
  return configparser(text, file, faults, twice).read();
}

std::optional<tree> read_unit(const std::string& text, const std::string& file,
                              diagnostics& faults) {
  if (!readable(text, file, faults)) return std::nullopt;
  return unit_reader(text, file, faults).read();
}

}  // namespace aurora::ctl::convert
