#pragma once

#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/reader.hpp"

/// The table of keys: one row says a key's name, type, default, limits and meaning. The rows read
/// the file, find unknown keys, print limits in messages and make the schema, so that these cannot
/// part.
namespace aurora::config {

enum class value_type {
  boolean,
  integer,
  number,
  duration,
  size,
  text,     ///< a string
  word,     ///< one of `words`
  command,  ///< a list of strings, or one string
  object,   ///< of `section`
  special   ///< as `schema` says
};

struct section_info;

struct key_info {
  std::string_view name;
  value_type type = value_type::special;
  std::string_view fallback{};  ///< JSON; empty: no default, or one that the meaning tells
  std::string_view doc{};
  limits range{};
  std::vector<std::string_view> words{};
  std::string_view schema{};                   ///< JSON Schema keywords: `"type": "string"`
  const section_info& (*section)() = nullptr;  ///< of objects
};

/// What the schema needs of an object with known keys.
struct section_info {
  std::string_view name;
  std::string_view doc;
  std::vector<const key_info*> keys{};
  std::vector<std::string_view> exclusive{};  ///< at most one of these may be given
};

/// A row for the keys of an object that is read into a `Target`. `set` without a value: known, but
/// read elsewhere.
template <class Target>
struct key : key_info {
  void (*set)(reader&, const node&, const key_info&, Target&) = nullptr;
};

template <class Target>
struct section : section_info {
  section(std::string_view its_name, std::string_view its_doc, std::vector<key<Target>> its_rows,
          std::vector<std::string_view> its_exclusive = {})
      : section_info{its_name, its_doc, {}, std::move(its_exclusive)}, rows(std::move(its_rows)) {
    for (const auto& row : rows) keys.push_back(&row);
  }
  section(const section&) = delete;
  section& operator=(const section&) = delete;

  std::vector<key<Target>> rows;
};

/// Says that `name` is no key of the section, with the one that was meant.
void unknown_key(reader& in, const section_info& known, const node& name);
/// Says that two keys exclude each other, where they do.
void check_exclusive(reader& in, const section_info& known, const node& object);

/// Reads an object into `to`: what is given is set, the rest stays as it is.
template <class Target>
void apply(reader& in, const node& from, const section<Target>& known, Target& to) {
  if (!from.is(json_kind::object)) return in.wrong_type(from, "an object");
  if (!known.exclusive.empty()) check_exclusive(in, known, from);
  from.for_each_member([&](node name, node value) {
    for (const auto& row : known.rows) {
      if (row.name != name.text()) continue;
      const reader::scope here(in, row.name);
      if (row.set) row.set(in, value, row, to);
      return;
    }
    unknown_key(in, known, name);
  });
}

// Readers by the type of what is set. Each leaves `to` alone and returns false where the value is
// faulty.

inline duration to_duration(double seconds) { return duration(std::llround(seconds * 1e9)); }

template <class Value, class Result>
bool take(Value& to, std::optional<Result> value) {
  if (value) to = Value(std::move(*value));
  return value.has_value();
}

inline bool read(reader& in, const node& from, const key_info&, bool& to) {
  return take(to, in.read_boolean(from));
}
inline bool read(reader& in, const node& from, const key_info& row, double& to) {
  return take(to, in.read_number(from, row.range));
}
inline bool read(reader& in, const node& from, const key_info& row, duration& to) {
  const auto seconds = in.read_duration(from, row.range, row.fallback);
  if (seconds) to = to_duration(*seconds);
  return seconds.has_value();
}
inline bool read(reader& in, const node& from, const key_info& row, byte_count& to) {
  const auto bytes = in.read_size(from, row.range, row.fallback);
  if (bytes) to.value = static_cast<std::uint64_t>(*bytes);
  return bytes.has_value();
}
inline bool read(reader& in, const node& from, const key_info&, std::string& to) {
  return take(to, in.read_text(from, own_variables::refused));
}
inline bool read(reader& in, const node& from, const key_info&, argv_template& to) {
  return take(to, in.read_command(from, reader::emptiness::allowed));
}
template <class Integer>
requires std::is_integral_v<Integer>
bool read(reader& in, const node& from, const key_info& row, Integer& to) {
  const auto value = in.read_integer(from, row.range);
  if (value) to = static_cast<Integer>(*value);
  return value.has_value();
}
template <class Value>
bool read(reader& in, const node& from, const key_info& row, std::optional<Value>& to) {
  Value value{};
  if (!read(in, from, row, value)) return false;
  to = std::move(value);
  return true;
}

/// The index of a string among `row.words`.
std::optional<std::size_t> read_word(reader& in, const node& from, const key_info& row);

// Rows.

template <class Member>
struct member_traits;
template <class Class, class Value>
struct member_traits<Value Class::*> {
  using owner = Class;
  using value = Value;
};

template <class Value>
constexpr value_type type_of() {
  if constexpr (std::is_same_v<Value, bool>)
    return value_type::boolean;
  else if constexpr (std::is_integral_v<Value>)
    return value_type::integer;
  else if constexpr (std::is_same_v<Value, double>)
    return value_type::number;
  else if constexpr (std::is_same_v<Value, duration>)
    return value_type::duration;
  else if constexpr (std::is_same_v<Value, byte_count>)
    return value_type::size;
  else if constexpr (std::is_same_v<Value, std::string>)
    return value_type::text;
  else if constexpr (std::is_same_v<Value, argv_template>)
    return value_type::command;
  else
    return type_of<typename Value::value_type>();
}

/// A member whose C++ type says all.
template <auto Member, class Target = typename member_traits<decltype(Member)>::owner>
key<Target> field(std::string_view name, std::string_view fallback, limits range,
                  std::string_view doc) {
  return {{.name = name,
           .type = type_of<typename member_traits<decltype(Member)>::value>(),
           .fallback = fallback,
           .doc = doc,
           .range = range},
          [](reader& in, const node& from, const key_info& row, Target& to) {
            read(in, from, row, to.*Member);
          }};
}

/// A member that is one of some words; `Words` is an array of pairs (word, value).
template <auto Member, auto& Words, class Target = typename member_traits<decltype(Member)>::owner>
key<Target> word(std::string_view name, std::string_view fallback, std::string_view doc) {
  key<Target> row{{.name = name, .type = value_type::word, .fallback = fallback, .doc = doc},
                  [](reader& in, const node& from, const key_info& info, Target& to) {
                    if (const auto index = read_word(in, from, info)) {
                      to.*Member = Words[*index].second;
                    }
                  }};
  for (const auto& each : Words) row.words.push_back(each.first);
  return row;
}

/// A member that is an object with known keys; `Section` is the function that has the table.
template <auto Member, auto Section, class Target = typename member_traits<decltype(Member)>::owner>
key<Target> object(std::string_view name, std::string_view doc) {
  return {{.name = name,
           .type = value_type::object,
           .doc = doc,
           .section = []() -> const section_info& { return Section(); }},
          [](reader& in, const node& from, const key_info&, Target& to) {
            apply(in, from, Section(), to.*Member);
          }};
}

/// A value with rules of its own.
template <class Target>
key<Target> special(std::string_view name, std::string_view fallback, std::string_view schema,
                    std::string_view doc,
                    void (*set)(reader&, const node&, const key_info&, Target&)) {
  return {{.name = name, .fallback = fallback, .doc = doc, .schema = schema}, set};
}

inline constexpr double longest_time = 365.0 * 24 * 3600;
inline constexpr double largest_size = 8191.0 * (1ULL << 50);

}  // namespace aurora::config
