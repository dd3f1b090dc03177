#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aurora/diagnostic.hpp>

/// What a configuration of another tool says, whatever it is written in: the readers make it, the
/// importers take it. Every value knows where it stands.
namespace aurora::ctl::convert {

struct field;

struct tree {
  enum class kind { null, text, list, map };
  kind is = kind::null;
  bool plain = false;         ///< of text: without quotes, so that `5` is a number and `no` a word
  std::string text;           ///< of text, as it reads
  std::vector<tree> items;    ///< of a list
  std::vector<field> fields;  ///< of a map, in order; the keys differ
  position at;

  bool is_map() const { return is == kind::map; }
  bool is_list() const { return is == kind::list; }
  bool is_text() const { return is == kind::text; }
  /// The value of that key; nullptr: there is none.
  const tree* find(std::string_view key) const;
};

struct field {
  std::string key;
  position at;
  tree value;
};

/// Of text: `true`, `yes`, `on`, `1` and their opposites, in any case.
std::optional<bool> as_bool(const tree& value);
/// Of text: a whole number.
std::optional<long long> as_number(const tree& value);

/// The readers. Each is total: whatever the bytes are, the result is a tree, or nothing and at
/// least one fault with its place. Text that is no UTF-8, holds NUL or is longer than 4 MiB is
/// refused by all of them.

/// YAML 1.2 by yaml-cpp. Merge keys (`<<`) are applied. Refused
/// beside what is no YAML: more than one document, keys twice, keys that are no text, tags of an
/// application, nesting deeper than 64, and more than 100,000 values once all aliases are
/// followed.
std::optional<tree> read_yaml(const std::string& text, const std::string& file,
                              diagnostics& faults);

/// JSON, which is YAML but for the escapes of characters beyond U+FFFF.
std::optional<tree> read_json(const std::string& text, const std::string& file,
                              diagnostics& faults);

/// A file of Python's configparser as supervisord reads it: a map of sections, each a map of text.
/// A key that is written twice counts as it is last written; `twice` hears of the others.
std::optional<tree> read_ini(const std::string& text, const std::string& file, diagnostics& faults,
                             diagnostics& twice);

/// A unit file of systemd: a map of sections, each a map of lists of text: a key may be repeated.
/// An empty assignment is there as an empty text.
std::optional<tree> read_unit(const std::string& text, const std::string& file,
                              diagnostics& faults);

constexpr std::size_t largest_file = std::size_t{4} << 20;

/// Whether it may be read at all; else the fault says why.
bool readable(const std::string& text, const std::string& file, diagnostics& faults);

/// Words as a POSIX shell splits them: blanks, '…', "…" and backslashes. Nothing: a quote is open.
std::optional<std::vector<std::string>> split_words(std::string_view text);

}  // namespace aurora::ctl::convert
