#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "store/config_copy_text.hpp"
#include "store/journal_format.hpp"

namespace {

using namespace aurora::store;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

/// Whatever the bytes are: an error, or records that a line can carry and that come back.
void check_any_bytes(std::string_view bytes) {
  const auto parsed = parse_journal(bytes);
  if (!parsed) return;
  require(is_recordable(parsed->header), "a header is recordable");
  std::string text;
  append_header(text, parsed->header);
  for (const auto& [key, value] : parsed->records) {
    require(is_recordable(key, value), "a record is recordable");
    const auto before = text.size();
    append_value(text, key, value);
    require(text.size() - before == line_size(key, value), "a line has the size that is said");
  }
  const auto again = parse_journal(text);
  require(again.has_value(), "what was written is read");
  require(again->bad_lines == 0, "no line that was written is bad");
  require(again->header == parsed->header && again->records == parsed->records, "and is the same");
}

/// Takes bytes off the input's front.
class input {
 public:
  explicit input(std::string_view rest) : rest_(rest) {}

  bool is_empty() const { return rest_.empty(); }

  std::size_t number() {
    if (rest_.empty()) return 0;
    const auto n = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    return n;
  }

  std::string_view text() {
    const auto taken = rest_.substr(0, number() % 32);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

/// A text of the same length that holds no digits, so that no part of it is a line by itself.
std::string capitals(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>('A' + static_cast<unsigned char>(c) % 26);
  return out;
}

/// The bytes as a history of changes, and one of its bytes changed then: nothing is read that was
/// never put.
void check_damage(input from) {
  std::set<std::pair<std::string, std::string>> put;
  newest_records newest;
  std::string text;
  append_header(text, {"boot", "run"});
  for (auto changes = from.number() % 16; changes > 0; --changes) {
    const auto key = "k" + std::to_string(from.number() % 4);
    const auto value = capitals(from.text());
    if (from.number() % 4 == 0) {
      append_forgotten(text, key);
      newest.forget(key);
    } else {
      append_value(text, key, value);
      newest.put(key, value);
      put.emplace(key, value);
    }
  }
  const auto whole = parse_journal(text);
  require(whole.has_value() && whole->bad_lines == 0, "a whole journal is good");
  require(whole->records.size() == newest.all().size(), "and has each key once");
  for (const auto& [key, value] : whole->records) {
    require(newest.find(key) != nullptr && *newest.find(key) == value, "and its newest value");
  }
  // One byte: a checksum never misses it, where chance could make two that agree.
  const auto at = from.number() * 256 + from.number();
  text[at % text.size()] = static_cast<char>(from.number());
  const auto damaged = parse_journal(text);
  if (!damaged) return;
  for (const auto& [key, value] : damaged->records) {
    require(put.contains({key, value}), "damage makes no values");
  }
}

/// The same of the copy of a configuration: what is read is written as it was.
void check_copy(std::string_view bytes) {
  if (const auto record = parse_config_copy(bytes)) {
    require(*parse_config_copy(write_config_copy(*record)) == *record, "a copy comes back");
  }
  aurora::config::source_record record;
  input from(bytes);
  record.main_file = from.text();
  while (!from.is_empty()) {
    const std::string question(from.text());
    record.files[question].text = std::string(from.text());
    record.files[question].error_words = from.text();
    record.globs[question].emplace_back(from.text());
    if (from.number() % 2 == 0) record.variables[question];
  }
  require(*parse_config_copy(write_config_copy(record)) == record, "what is written is read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_any_bytes(bytes);
  check_damage(input(bytes));
  check_copy(bytes);
  return 0;
}
