#include "core/secrets.hpp"

#include <algorithm>
#include <array>

namespace aurora::core {
namespace {

constexpr std::size_t shortest_known = 4;  // less would mask half of all other texts

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_name(char c) {
  return is_digit(c) || is_lower(c) || is_upper(c) || c == '_' || c == '-' || c == '.';
}
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

/// A secret wherever it stands in a name.
constexpr std::array<std::string_view, 14> anywhere{
    "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET",    "TOKEN",  "CREDENTIAL", "APIKEY",
    "PRIVATE",  "COOKIE", "AUTHORIZ",   "ACCESSKEY", "BEARER", "CREDS",      "SIGNATURE"};
/// Only at the end of one of its words: "keyboard" and "author" are none.
constexpr std::array<std::string_view, 9> at_the_end{"KEY",  "KEYS", "PASS", "PWD", "DSN",
                                                     "AUTH", "JWT",  "SALT", "PIN"};

/// "sshKey" and "ssh-key" in words of capitals: "SSH", "KEY".
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_digit(c) && !is_lower(c) && !is_upper(c)) {
      words.emplace_back();
      continue;
    }
    if (i > 0 && is_upper(c) && is_lower(name[i - 1])) words.emplace_back();
    words.back().push_back(upper(c));
  }
  return words;
}

/// Where user:password@ stands in an address that begins at or after `from`.
struct userinfo {
  std::size_t begin = std::string_view::npos, end = 0;
  explicit operator bool() const { return begin != std::string_view::npos; }
};
userinfo find_userinfo(std::string_view text, std::size_t from) {
  for (auto at = text.find("://", from); at != text.npos; at = text.find("://", at + 3)) {
    const auto begin = at + 3;
    const auto word = text.substr(begin, text.find_first_of(" \t\r\n\"'<>", begin) - begin);
    const auto authority = word.substr(0, word.find_first_of("/?#"));
    const auto colon = authority.find(':');
    if (colon == authority.npos) continue;
    // A password may hold a slash that somebody forgot to escape; a port does not.
    const auto rest = authority.substr(colon + 1);
    const bool port = std::all_of(rest.begin(), rest.end(), is_digit);
    const auto sign = (port ? authority : word).rfind('@');
    if (sign != word.npos && sign > colon) return {begin, begin + sign};
  }
  return {};
}

/// Replaces parts of a text by the mask, from left to right.
class masking {
 public:
  explicit masking(std::string_view text) : text_(text) {}
  void hide(std::size_t begin, std::size_t end) {
    if (begin < done_) begin = done_;
    if (end <= begin) return;
    out_ += text_.substr(done_, begin - done_);
    out_ += mask;
    done_ = end;
  }
  std::string take() {
    out_ += text_.substr(done_);
    return std::move(out_);
  }

 private:
  std::string_view text_;
  std::string out_;
  std::size_t done_ = 0;
};

std::string without_userinfo(std::string_view text) {
  masking out(text);
  for (auto found = find_userinfo(text, 0); found; found = find_userinfo(text, found.end))
    out.hide(found.begin, found.end);
  return out.take();
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

/// The end of a quoted piece that begins at `at`; a backslash takes the next character along.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != quote; ++at)
    if (text[at] == '\\' && quote == '"') ++at;
  return std::min(at + 1, text.size());
}

/// The end of a word of a shell, a query or a list; quoted parts belong to it. `closing`: a quote
/// around it all, that ends it too.
std::size_t end_of_word(std::string_view text, std::size_t at, char closing) {
  while (at < text.size() && !is_blank(text[at]) && text[at] != closing &&
         text.find_first_of("&;|)<>,}", at) != at) {
    if (text[at] == '"' || text[at] == '\'') {
      at = end_of_quoted(text, at);
    } else {
      at += text[at] == '\\' ? 2u : 1u;
    }
  }
  return std::min(at, text.size());
}

/// The end of what a colon introduces: a quoted piece, or all up to the end of the quotes it stands
/// in, or of the line ("Authorization: Bearer x").
std::size_t end_of_field(std::string_view text, std::size_t at, char closing) {
  if (at < text.size() && (text[at] == '"' || text[at] == '\'') && text[at] != closing)
    return end_of_quoted(text, at);
  const char ends[] = {'\n', closing ? closing : '\n'};
  return std::min(text.find_first_of(std::string_view(ends, 2), at), text.size());
}

/// The quote that is open before `at`.
char open_quote(std::string_view text, std::size_t at) {
  char open = 0;
  for (std::size_t i = 0; i < at; ++i) {
    if (open ? text[i] == open : text[i] == '"' || text[i] == '\'') open = open ? char(0) : text[i];
  }
  return open;
}

struct range {
  std::size_t begin = 0, end = 0;
};

/// What follows a secret name at [begin, end) and is its value; empty: nothing is assigned there.
range value_after(std::string_view text, std::size_t begin, std::size_t end) {
  char closing = open_quote(text, begin);
  auto at = end;
  // {"password": "x"}: the quotes around the name end with it.
  if (at < text.size() && closing && text[at] == closing) {
    ++at;
    closing = 0;
  }
  const auto sign = skip_blanks(text, at);
  if (sign < text.size() && text[sign] == '=' && sign == at)
    return {sign + 1, end_of_word(text, sign + 1, closing)};
  if (sign < text.size() && text[sign] == ':' && text.substr(sign, 3) != "://") {
    const auto value = skip_blanks(text, sign + 1);
    return {value, end_of_field(text, value, closing)};
  }
  const bool option = text[begin] == '-';
  if (option && sign > at && sign < text.size()) return {sign, end_of_word(text, sign, closing)};
  return {};
}

std::string without_assignments(std::string_view text) {
  masking out(text);
  for (std::size_t at = 0; at < text.size();) {
    if (!is_name(text[at])) {
      ++at;
      continue;
    }
    auto end = at;
    while (end < text.size() && is_name(text[end])) ++end;
    if (is_secret_name(text.substr(at, end - at))) {
      const auto value = value_after(text, at, end);
      out.hide(value.begin, value.end);
      end = std::max(end, value.end);
    }
    at = end;
  }
  return out.take();
}

/// Options that take user:password, of curl and its like.
bool takes_user(std::string_view option) {
  return option == "-u" || option == "--user" || option == "-U" || option == "--proxy-user";
}

}  // namespace

bool is_secret_name(std::string_view name) {
  if (name == "PWD" || name == "OLDPWD") return false;  // the shell's own, and no passwords
  std::string all;
  for (const auto& word : words_of(name)) {
    all += word;
    for (const auto end : at_the_end)
      if (word.ends_with(end)) return true;
  }
  return std::any_of(anywhere.begin(), anywhere.end(),
                     [&](std::string_view part) { return all.find(part) != all.npos; });
}

bool has_credentials(std::string_view text) { return static_cast<bool>(find_userinfo(text, 0)); }

void masker::learn(std::string_view name, std::string_view value) {
  if (value.size() < shortest_known) return;
  if (is_secret_name(name) || has_credentials(value)) known_.emplace(value);
}

void masker::learn_environment(std::string_view block) {
  while (!block.empty()) {
    const auto end = std::min(block.find('\0'), block.size());
    const auto entry = block.substr(0, end);
    const auto equals = entry.find('=');
    if (equals != entry.npos) learn(entry.substr(0, equals), entry.substr(equals + 1));
    block.remove_prefix(std::min(end + 1, block.size()));
  }
}

std::string masker::value(std::string_view name, std::string_view value) const {
  if (value.empty()) return {};
  if (is_secret_name(name) || has_credentials(value)) return std::string(mask);
  return text(value);
}

std::string masker::text(std::string_view text) const {
  std::string out(text);
  // The longest first: one known value may be a part of another.
  std::vector<std::string_view> known(known_.begin(), known_.end());
  std::sort(known.begin(), known.end(), [](auto a, auto b) { return a.size() > b.size(); });
  for (const auto value : known)
    for (auto at = out.find(value); at != out.npos; at = out.find(value, at + mask.size()))
      out.replace(at, value.size(), mask);
  return without_assignments(without_userinfo(out));
}

std::vector<std::string> masker::arguments(std::span<const std::string> arguments) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view before = i > 0 ? std::string_view(arguments[i - 1]) : "";
    const auto& here = arguments[i];
    const bool named = before.starts_with('-') && before.find_first_of("= ") == before.npos &&
                       is_secret_name(before);
    const bool user = takes_user(before) && here.find(':') != here.npos;
    out.push_back(named || user ? std::string(mask) : text(here));
  }
  return out;
}

}  // namespace aurora::core
