#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aurora/diagnostic.hpp>
#include <aurora/spec.hpp>

#include "config/document.hpp"
#include "config/faults.hpp"
#include "config/interpolate.hpp"
#include "config/words.hpp"

namespace aurora::config {

/// Smallest and largest value of a key in base units: seconds, bytes, or the number itself.
struct limits {
  double least = 0;
  double most = 0;
};

/// A place that outlives the node it was taken from: one more fault may be found there later.
struct place {
  const document* source = nullptr;
  std::uint32_t offset = 0;

  place() = default;
  place(const node& of) : source(&of.source()), offset(of.offset()) {}
  position locate() const { return source ? source->locate(offset) : position{}; }
};

/// Takes values out of nodes and keeps what is wrong with them. Every `read_…` returns nothing
/// where it reported a fault, so that a reader can go on and find the rest.
class reader {
  struct step {
    std::string_view name;
    std::size_t item;
  };

 public:
  reader(fault_list& faults, variable_lookup lookup)
      : faults_(faults), lookup_(std::move(lookup)) {}

  /// Names the key that is read while it lives: "services", "web", "restart".
  class scope {
   public:
    scope(reader& of, std::string_view name) : reader_(of) { of.path_.push_back({name, 0}); }
    scope(reader& of, std::size_t item) : reader_(of) { of.path_.push_back({{}, item}); }
    ~scope() { reader_.path_.pop_back(); }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

   private:
    reader& reader_;
  };

  /// Forgets the keys around while it lives: an included file begins anew.
  class fresh_path {
   public:
    explicit fresh_path(reader& of) : reader_(of) { of.path_.swap(kept_); }
    ~fresh_path() { reader_.path_.swap(kept_); }
    fresh_path(const fresh_path&) = delete;
    fresh_path& operator=(const fresh_path&) = delete;

   private:
    reader& reader_;
    std::vector<step> kept_;
  };

  /// A fault in the value of the current key.
  void fault(const node& at, std::string message, std::string hint = {});
  /// A fault elsewhere. `key` is the whole path.
  void fault_at(const position& at, std::string key, std::string message, std::string hint = {});
  void warn_at(const position& at, std::string key, std::string message, std::string hint = {});
  void warn(const node& at, std::string message, std::string hint = {});
  /// "services.web.restart.delay".
  std::string path() const;
  /// `node` is not what the key takes: `5 is not an object`.
  void wrong_type(const node& at, std::string_view wanted, std::string hint = {});

  /// A string with its variables looked up. `wanted`: "a string", "a duration".
  std::optional<std::string> read_text(const node& from, own_variables own,
                                       std::string_view wanted = "a string");
  /// A scalar's literal: the word itself, or the result of a string that holds "${".
  std::optional<std::string> read_literal(const node& from, json_kind kind,
                                          std::string_view wanted);
  std::optional<bool> read_boolean(const node& from);
  std::optional<double> read_number(const node& from, const limits& range);
  std::optional<std::int64_t> read_integer(const node& from, const limits& range);
  std::optional<double> read_duration(const node& from, const limits& range,
                                      std::string_view fallback);
  std::optional<double> read_size(const node& from, const limits& range, std::string_view fallback);
  /// A list of arguments, or a string for /bin/sh -c. `empty`: whether [] may be given.
  enum class emptiness { allowed, refused };
  std::optional<argv_template> read_command(const node& from, emptiness empty);
  /// A path made absolute against `directory`; `own` variables are refused.
  std::optional<std::string> read_path(const node& from);

  std::string guess(std::string_view written, const std::vector<std::string_view>& known) {
    return guesser_.hint(written, known);
  }

  std::string directory;  ///< what paths are relative to: absolute
  /// Called with each env file that is named; may be empty.
  std::function<void(const node&, const std::string&)> check_env_file;

 private:
  void add(diagnostic::severity level, position at, std::string key, std::string message,
           std::string hint);
  std::optional<argv_template> read_shell_command(const node& from, emptiness empty);
  bool take_budget(std::size_t bytes);

  fault_list& faults_;
  variable_lookup lookup_;
  std::vector<step> path_;
  guesser guesser_;
  std::size_t interpolated_bytes_ = 0;
};

/// An absolute path without "." and ".." and doubled slashes; relative ones begin at `directory`.
std::string absolute_path(std::string_view directory, std::string_view path);

/// The directory of an absolute path: "/etc/aurora" for "/etc/aurora/aurora.json".
std::string directory_of(std::string_view path);

}  // namespace aurora::config
