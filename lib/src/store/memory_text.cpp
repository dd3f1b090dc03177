#include "store/memory_text.hpp"

#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "store/memory_fields.hpp"

namespace aurora::store {
namespace {

namespace json = boost::json;

class writer {
 public:
  static constexpr bool reads = false;
  explicit writer(std::string& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view name, const T& value) {
    if (is_default(value)) return;
    out_ += out_.back() == '{' ? "\"" : ",\"";
    out_.append(name).append("\":");
    put(value);
  }

  template <class T>
  void object(const T& value) {
    out_ += '{';
    fields(*this, value);
    out_ += '}';
  }

 private:
  template <class T>
  static bool is_default(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) return value.empty();
    if constexpr (std::is_arithmetic_v<T>) return value == T{};
    if constexpr (std::is_same_v<T, std::vector<instant>>) return value.empty();
    if constexpr (requires { value.has_value(); }) return !value.has_value();
    return false;
  }

  void put(const std::string& text) { out_ += json::serialize(json::string(text)); }
  void put(bool value) { out_ += value ? "true" : "false"; }
  void put(reason value) { fmt::format_to(std::back_inserter(out_), "\"{}\"", to_string(value)); }
  void put(state value) { fmt::format_to(std::back_inserter(out_), "\"{}\"", to_string(value)); }
  void put(instant value) { put(value.time_since_epoch().count()); }
  void put(duration value) { put(value.count()); }
  void put(wall_time value) { put(value.time_since_epoch().count()); }
  template <class T>
  void put(const std::optional<T>& value) {
    put(*value);
  }
  void put(const std::vector<instant>& values) {
    out_ += '[';
    for (const auto each : values) {
      if (out_.back() != '[') out_ += ',';
      put(each);
    }
    out_ += ']';
  }
  void put(const core::phase_of_life& value) {
    fmt::format_to(std::back_inserter(out_), "{{\"is\":\"{}\"", phase_words[value.index()]);
    std::visit([this](const auto& p) { fields(*this, p); }, value);
    out_ += '}';
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      put(static_cast<int>(value));
    } else if constexpr (std::is_integral_v<T>) {
      fmt::format_to(std::back_inserter(out_), "{}", value);
    } else {
      object(value);
    }
  }

  std::string& out_;
};

class reader {
 public:
  static constexpr bool reads = true;
  explicit reader(const json::object& from) : from_(from) {}

  template <class T>
  void operator()(std::string_view name, T& value) {
    const auto* found = from_.if_contains(name);
    if (found && !get(*found, value) && fault_.empty())
      fault_ = fmt::format("\"{}\" is none", name);
  }
  const std::string& fault() const { return fault_; }

 private:
  template <class Enum>
  bool word(const json::value& from, Enum& value) {
    const auto found = from.is_string() ? value_named(from.get_string(), value) : std::nullopt;
    if (found) value = *found;
    return found.has_value();
  }
  template <class T>
  bool integer(const json::value& from, T& value) {
    if (from.is_int64() && std::in_range<T>(from.get_int64())) {
      value = static_cast<T>(from.get_int64());
      return true;
    }
    if (!from.is_uint64() || !std::in_range<T>(from.get_uint64())) return false;
    value = static_cast<T>(from.get_uint64());
    return true;
  }
  bool get(const json::value& from, std::string& value) {
    if (!from.is_string()) return false;
    value = std::string(from.get_string());
    return true;
  }
  bool get(const json::value& from, bool& value) {
    if (!from.is_bool()) return false;
    value = from.get_bool();
    return true;
  }
  bool get(const json::value& from, reason& value) { return word(from, value); }
  bool get(const json::value& from, state& value) { return word(from, value); }
  bool get(const json::value& from, duration& value) {
    duration::rep count = 0;
    if (!integer(from, count)) return false;
    value = duration(count);
    return true;
  }
  bool get(const json::value& from, instant& value) {
    duration since{};
    if (!get(from, since)) return false;
    value = instant(since);
    return true;
  }
  bool get(const json::value& from, wall_time& value) {
    std::int64_t count = 0;
    if (!integer(from, count)) return false;
    value = wall_time(wall_time::duration(count));
    return true;
  }
  bool get(const json::value& from, std::vector<instant>& values) {
    if (!from.is_array()) return false;
    for (const auto& each : from.get_array())
      if (!get(each, values.emplace_back())) return false;
    return true;
  }
  template <class T>
  bool get(const json::value& from, std::optional<T>& value) {
    return get(from, value.emplace());
  }
  bool get(const json::value& from, core::phase_of_life& value) {
    const auto* object = from.if_object();
    const auto* word = object ? object->if_contains("is") : nullptr;
    if (!word || !word->is_string()) return false;
    return phase_named(std::string_view(word->get_string()), *object, value,
                       std::make_index_sequence<phase_words.size()>());
  }
  template <std::size_t... I>
  bool phase_named(std::string_view word, const json::object& from, core::phase_of_life& value,
                   std::index_sequence<I...>) {
    bool good = false;
    static_cast<void>(
        ((phase_words[I] == word && (good = members(from, value.template emplace<I>()), true)) ||
         ...));
    return good;
  }
  template <class T>
  bool members(const json::object& from, T& value) {
    reader inner(from);
    fields(inner, value);
    return inner.fault_.empty();
  }
  template <class T>
  bool get(const json::value& from, T& value) {
    if constexpr (std::is_enum_v<T>) {
      int number = 0;
      if (!integer(from, number) || number < 0 || number > most(T{})) return false;
      value = static_cast<T>(number);
      return true;
    } else if constexpr (std::is_integral_v<T>) {
      return integer(from, value);
    } else {
      return from.is_object() && members(from.get_object(), value);
    }
  }

  const json::object& from_;
  std::string fault_;
};

}  // namespace

std::string to_text(const core::remembered& engine, const run_memory* run,
                    std::optional<wall_time> last_exit_at) {
  std::string text;
  text.reserve(512);
  text += '{';
  writer with(text);
  with("engine", engine);
  if (run) with("process", *run);
  with("exited", last_exit_at);
  text += '}';
  return text;
}

namespace {

/// `take` reads the members of the object.
template <class T, class Take>
boost::system::result<T, std::string> read_object(std::string_view text, Take take) {
  json::error_code error;
  const auto parsed = json::parse({text.data(), text.size()}, error);
  if (error || !parsed.is_object()) return std::string("it is no JSON object");
  T value;
  reader with(parsed.get_object());
  take(with, value);
  if (!with.fault().empty()) return with.fault();
  return value;
}

}  // namespace

boost::system::result<instance_memory, std::string> memory_from(std::string_view text) {
  return read_object<instance_memory>(text, [](reader& with, instance_memory& memory) {
    with("engine", memory.engine), with("process", memory.run), with("exited", memory.last_exit_at);
  });
}

std::string to_text(const journal_entry& entry) {
  std::string text;
  text.reserve(256);
  writer(text).object(entry);
  return text;
}

boost::system::result<journal_entry, std::string> entry_from(std::string_view text) {
  return read_object<journal_entry>(
      text, [](reader& with, journal_entry& entry) { fields(with, entry); });
}

}  // namespace aurora::store
