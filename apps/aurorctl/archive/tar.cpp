#include "archive/tar.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

namespace aurora::ctl::archive {
namespace {

constexpr std::size_t block = 512;

struct field {
  std::size_t at, size;
};
constexpr field name_field{0, 100}, mode_field{100, 8}, uid_field{108, 8}, gid_field{116, 8},
    size_field{124, 12}, time_field{136, 12}, sum_field{148, 8}, type_field{156, 1},
    magic_field{257, 8}, prefix_field{345, 155};
constexpr std::string_view magic{"ustar\00000", 8};

using header = std::array<char, block>;

void put(header& to, field where, std::string_view text) {
  std::copy(text.begin(), text.end(), to.begin() + static_cast<std::ptrdiff_t>(where.at));
}

void put_number(header& to, field where, std::uint64_t value) {
  for (std::size_t i = where.size - 1; i-- > 0; value >>= 3)
    to[where.at + i] = static_cast<char>('0' + (value & 7));
}

std::string_view text_at(std::string_view from, field where) {
  const auto all = from.substr(where.at, where.size);
  return all.substr(0, std::min(all.find('\0'), all.size()));
}

/// Octal digits, then one NUL or blank (the sum has both), or nothing.
std::optional<std::uint64_t> number_at(std::string_view from, field where) {
  auto text = from.substr(where.at, where.size);
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3 | static_cast<unsigned>(c - '0');
  }
  return value;
}

/// Of the header's bytes, its own place taken as blanks.
std::uint64_t sum_of(std::string_view of) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block; ++i) {
    const bool own = i >= sum_field.at && i < sum_field.at + sum_field.size;
    sum += own ? ' ' : static_cast<unsigned char>(of[i]);
  }
  return sum;
}

bool is_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == bytes.npos; }

/// Where a long name is parted into prefix and name; npos: it cannot be.
std::size_t part_of(std::string_view name) {
  for (auto slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1))
    if (slash <= prefix_field.size && name.size() - slash - 1 <= name_field.size) return slash;
  return name.npos;
}

header header_of(const entry& what) {
  header made{};
  const std::string_view name = what.name;
  const auto part = name.size() <= name_field.size ? name.npos : part_of(name);
  if (part != name.npos) put(made, prefix_field, name.substr(0, part));
  put(made, name_field, part == name.npos ? name : name.substr(part + 1));
  put_number(made, mode_field, what.mode & 07777);
  put_number(made, uid_field, 0), put_number(made, gid_field, 0);
  put_number(made, size_field, what.bytes.size());
  put_number(made, time_field,
             static_cast<std::uint64_t>(std::max<std::int64_t>(what.modified, 0)));
  made[type_field.at] = '0';
  put(made, magic_field, magic);
  put_number(made, sum_field, sum_of({made.data(), made.size()}));
  return made;
}

struct parsed {
  entry what;
  std::uint64_t size = 0;
};
using outcome = boost::system::result<parsed, std::string>;

outcome refused(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

outcome parse_header(std::string_view from) {
  if (from.substr(magic_field.at, magic.size()) != magic) return refused("it is no ustar archive");
  if (number_at(from, sum_field) != sum_of(from)) return refused("a header is damaged");
  parsed found;
  const auto prefix = text_at(from, prefix_field);
  found.what.name = prefix.empty() ? "" : std::string(prefix) + "/";
  found.what.name += text_at(from, name_field);
  if (!is_safe_name(found.what.name)) return refused("a name in it leads out of it");
  if (from[type_field.at] != '0') return refused("'" + found.what.name + "' is no regular file");
  const auto mode = number_at(from, mode_field), size = number_at(from, size_field),
             time = number_at(from, time_field);
  if (!mode || !size || !time) return refused("the header of '" + found.what.name + "' is damaged");
  found.what.mode = static_cast<unsigned>(*mode & 07777);
  found.what.modified = static_cast<std::int64_t>(*time);
  found.size = *size;
  return {boost::system::in_place_value, std::move(found)};
}

constexpr std::uint64_t padded(std::uint64_t size) { return (size + block - 1) / block * block; }

}  // namespace

bool is_safe_name(std::string_view name) {
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  for (std::size_t at = 0; at <= name.size();) {
    const auto end = std::min(name.find('/', at), name.size());
    const auto part = name.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return true;
}

bool fits_header(std::string_view name) {
  return name.size() <= name_field.size || part_of(name) != name.npos;
}

std::string write_tar(const std::vector<entry>& entries) {
  std::string out;
  for (const auto& each : entries) {
    const auto head = header_of(each);
    out.append(head.data(), head.size());
    out += each.bytes;
    out.append(padded(each.bytes.size()) - each.bytes.size(), '\0');
  }
  return out.append(2 * block, '\0');
}

boost::system::result<std::vector<entry>, std::string> parse_tar(std::string_view bytes) {
  using result = boost::system::result<std::vector<entry>, std::string>;
  const auto wrong = [](std::string why) { return result(boost::system::in_place_error, why); };
  std::vector<entry> all;
  std::set<std::string> names;
  while (bytes.size() >= block && !is_zero(bytes.substr(0, block))) {
    auto head = parse_header(bytes.substr(0, block));
    if (!head) return wrong(head.error());
    bytes.remove_prefix(block);
    auto& what = head->what;
    if (head->size > bytes.size() || padded(head->size) > bytes.size())
      return wrong("it ends in the middle of '" + what.name + "'");
    what.bytes = bytes.substr(0, head->size);
    if (!is_zero(bytes.substr(head->size, padded(head->size) - head->size)))
      return wrong("what follows '" + what.name + "' is damaged");
    bytes.remove_prefix(padded(head->size));
    if (!names.insert(what.name).second) return wrong("'" + what.name + "' is in it twice");
    all.push_back(std::move(what));
  }
  if (bytes.size() < 2 * block || bytes.size() % block != 0) return wrong("its end is missing");
  if (!is_zero(bytes)) return wrong("something follows its end");
  return {boost::system::in_place_value, std::move(all)};
}

}  // namespace aurora::ctl::archive
