#include "store/state_journal.hpp"

#include <algorithm>
#include <utility>

namespace aurora::store {
namespace {

constexpr std::size_t largest_file = std::size_t{256} << 20;
/// A file this small is not worth a new generation.
constexpr std::size_t smallest_limit = std::size_t{1} << 20;
/// So often its fresh size a file may have before one is begun: each byte is then written again at
/// most once for every three new ones.
constexpr std::size_t growth = 4;

using generation = boost::system::result<std::optional<journal_contents>, load_fault>;

std::string bad_lines(const journal_text& text, const std::string& path) {
  if (text.bad_lines == 0) return {};
  return "the journal '" + path + "' is damaged: " + std::to_string(text.bad_lines) +
         " of its lines were skipped (the first: line " + std::to_string(text.first_bad_line) +
         "), the others are used";
}

load_fault header_words(header_fault what, const std::string& path) {
  if (what == header_fault::damaged)
    return {load_fault::kind::damaged,
            "the journal '" + path + "' is damaged: its first line is none of a journal"};
  return {load_fault::kind::newer,
          "the journal '" + path +
              "' was written by a newer version of Aurora: start that "
              "version, or move the file away: what runs is found again, what "
              "was noted of it is forgotten"};
}

/// Error `damaged`: it has no header.
generation read_generation(const std::string& path) {
  const auto bytes = read_bytes(path, largest_file);
  if (!bytes) return load_fault{load_fault::kind::unreadable, bytes.error()};
  if (!*bytes) return std::optional<journal_contents>();
  auto text = parse_journal(**bytes);
  if (!text) return header_words(text.error(), path);
  auto fault = bad_lines(*text, path);
  return std::optional(
      journal_contents{std::move(text->header), std::move(text->records), std::move(fault)});
}

bool is_damaged(const generation& read) {
  return read.has_error() && read.error().what == load_fault::kind::damaged;
}

std::string joined(std::string words, const std::string& more) {
  if (!words.empty() && !more.empty()) words += "; ";
  return words + more;
}

}  // namespace

generation read_journal(const std::string& path) {
  auto current = read_generation(path);
  const bool is_missing = current && !*current;
  if (!is_missing && !is_damaged(current)) return current;
  auto before = read_generation(previous_of(path));
  if (before.has_error() && !is_damaged(before)) return before;
  if (before && !*before && is_missing) return before;

  const auto wrong = is_missing ? "the journal '" + path + "' is missing" : current.error().words;
  journal_contents contents;
  if (before && *before) {
    contents = std::move(**before);
    contents.is_previous = true;
    contents.fault = joined(
        joined(wrong, "'" + previous_of(path) + "' is used, which does not know what came after"),
        contents.fault);
  } else {
    const auto other = before ? "there is no '" + previous_of(path) + "'" : before.error().words;
    contents.fault = joined(joined(wrong, other), "what ran before is not known");
  }
  return std::optional(std::move(contents));
}

state_journal::state_journal(std::string path, journal_header header)
    : path_(std::move(path)), header_(std::move(header)) {
  std::string line;
  append_header(line, header_);
  fresh_size_ = line.size();
}

boost::system::result<std::unique_ptr<state_journal>, std::string> state_journal::begin(
    std::string path, journal_header header, const std::vector<record>& records) {
  auto journal = go_on(std::move(path), std::move(header), records);
  if (journal && (*journal)->is_torn_) return std::move((*journal)->fault_);
  return journal;
}

boost::system::result<std::unique_ptr<state_journal>, std::string> state_journal::go_on(
    std::string path, journal_header header, const std::vector<record>& records) {
  if (!is_recordable(header))
    return "cannot begin '" + path + "': a space, a newline or nothing in its header";
  std::unique_ptr<state_journal> journal(new state_journal(std::move(path), std::move(header)));
  for (const auto& each : records) journal->put(each.key, each.value);
  if (!journal->refused_.empty()) return std::move(journal->refused_);
  journal->begin_generation();
  return journal;
}

void state_journal::put(std::string_view key, std::string_view value) {
  if (!is_recordable(key, value)) {
    refused_ = "cannot write to '" + path_ + "': no line can carry the value of '" +
               std::string(key.substr(0, 64)) + "'";
    return;
  }
  if (const auto* known = newest_.find(key)) {
    if (*known == value) return;
    fresh_size_ -= line_size(key, *known);
  }
  newest_.put(key, value);
  fresh_size_ += line_size(key, value);
  if (!is_torn_) append_value(pending_, key, value);
}

void state_journal::forget(std::string_view key) {
  const auto* known = newest_.find(key);
  if (known == nullptr) return;
  fresh_size_ -= line_size(key, *known);
  if (!is_torn_) append_forgotten(pending_, key);
  newest_.forget(key);
}

bool state_journal::flush() noexcept {
  fault_ = std::exchange(refused_, {});
  const bool none_refused = fault_.empty();
  if (!is_torn_ && pending_.empty()) return none_refused;
  if ((is_torn_ || is_due()) && begin_generation()) return none_refused;
  return !is_torn_ && append() && none_refused;
}

bool state_journal::is_due() const noexcept {
  return size_ + pending_.size() > std::max({smallest_limit, growth * fresh_size_, not_before_});
}

bool state_journal::append() {
  const auto written = write_all(file_, pending_, path_);
  if (!written) fault_ = written.error();
  is_torn_ = !written;
  size_ += pending_.size();
  pending_.clear();
  return !is_torn_;
}

bool state_journal::begin_generation() {
  std::string text;
  text.reserve(fresh_size_);
  append_header(text, header_);
  for (const auto& each : newest_.all()) append_value(text, each.key, each.value);
  auto fresh = write_new(path_, text);
  const auto done = fresh ? install_new(path_, old_file::kept_as_previous) : fresh.error();
  if (!done) {
    fault_ = done.error();
    not_before_ = 2 * (size_ + pending_.size());
    return false;
  }
  file_ = std::move(*fresh);
  size_ = text.size();
  not_before_ = 0;
  is_torn_ = false;
  pending_.clear();
  return true;
}

}  // namespace aurora::store
