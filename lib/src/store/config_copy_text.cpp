#include "store/config_copy_text.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "store/checksum.hpp"

namespace aurora::store {
namespace {

using config::source_record;

constexpr std::string_view magic = "aurora-config ";
constexpr std::uint64_t format_version = 1;

class writer {
 public:
  explicit writer(std::string& out) : out_(out) {}

  void count(std::uint64_t n) { out_.append(std::to_string(n)).append(":"); }

  void write(const std::string& text) {
    count(text.size());
    out_.append(text);
  }
  void write(const std::vector<std::string>& texts) {
    count(texts.size());
    for (const auto& text : texts) write(text);
  }
  void write(const std::optional<std::string>& text) {
    count(text ? 1 : 0);
    if (text) write(*text);
  }
  void write(const source_record::file& file) {
    write(file.text);
    write(file.error_words);
  }
  template <class T>
  void write(const std::map<std::string, T>& answers) {
    count(answers.size());
    for (const auto& [question, answer] : answers) {
      write(question);
      write(answer);
    }
  }

 private:
  std::string& out_;
};

/// Reads what `writer` wrote. The first thing that is not there ends it: all later ones are empty,
/// and `is_good` is false.
class parser {
 public:
  explicit parser(std::string_view rest) : rest_(rest) {}

  bool is_good() const { return good_; }
  bool is_at_end() const { return rest_.empty(); }

  std::uint64_t number(char end) {
    std::uint64_t n = 0;
    const auto* const last = rest_.data() + rest_.size();
    const auto [at, fault] = std::from_chars(rest_.data(), last, n);
    if (fault != std::errc() || at == last || *at != end) return fail();
    rest_.remove_prefix(static_cast<std::size_t>(at - rest_.data()) + 1);
    return n;
  }

  void read(std::string& text) {
    const auto size = number(':');
    if (size > rest_.size()) fail();
    if (!good_) return;
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  void read(std::vector<std::string>& texts) {
    for (auto left = number(':'); left > 0 && good_; --left) read(texts.emplace_back());
  }
  void read(std::optional<std::string>& text) {
    if (number(':') != 0) read(text.emplace());
  }
  void read(source_record::file& file) {
    read(file.text);
    read(file.error_words);
  }
  template <class T>
  void read(std::map<std::string, T>& answers) {
    for (auto left = number(':'); left > 0 && good_; --left) {
      std::string question;
      read(question);
      read(answers[std::move(question)]);
    }
  }

 private:
  std::uint64_t fail() {
    good_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

/// The bytes between the first word and the checksum. Nothing: they are not what was written.
std::optional<std::string_view> checked(std::string_view bytes) {
  constexpr auto tail = checksum_size + 1;
  if (!bytes.starts_with(magic) || bytes.size() < magic.size() + tail) return std::nullopt;
  const auto end = bytes.substr(bytes.size() - tail);
  bytes.remove_suffix(tail);
  if (end.back() != '\n' || checksum(bytes) != end.substr(0, checksum_size)) return std::nullopt;
  return bytes.substr(magic.size());
}

}  // namespace

std::string write_config_copy(const source_record& record) {
  std::string out(magic);
  out.append(std::to_string(format_version)).append("\n");
  writer to(out);
  to.write(record.main_file);
  to.write(record.files);
  to.write(record.globs);
  to.write(record.variables);
  return out.append(checksum(out)).append("\n");
}

boost::system::result<source_record, copy_fault> parse_config_copy(std::string_view bytes) {
  const auto content = checked(bytes);
  if (!content) return copy_fault::damaged;
  parser from(*content);
  const auto version = from.number('\n');
  if (version > format_version) return copy_fault::newer;
  source_record record;
  from.read(record.main_file);
  from.read(record.files);
  from.read(record.globs);
  from.read(record.variables);
  if (version != format_version || !from.is_good() || !from.is_at_end()) return copy_fault::damaged;
  return record;
}

}  // namespace aurora::store
