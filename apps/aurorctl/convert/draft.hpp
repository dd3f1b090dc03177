#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <aurora/config.hpp>

#include "convert/tree.hpp"

/// The configuration that an import makes, and all that it could not take over.
namespace aurora::ctl::convert {

namespace json = boost::json;

/// What is imported. Paths in the result are relative to where it will be written, where that is
/// the directory of the file that is read; else they are absolute.
struct input {
  std::string file;  ///< absolute
  std::string text;
  config_source& disk;
  bool beside = true;  ///< the result stands in the same directory

  std::string directory() const;
  /// A path that the file names, as the result has to name it.
  std::string path(std::string_view named) const;
  /// The same, absolute.
  std::string absolute_path(std::string_view named) const;
};

class draft {
 public:
  json::object top;    ///< beside `version` and `services`
  diagnostics lost;    ///< what was not carried over, as warnings
  diagnostics faults;  ///< why nothing can be made of it

  /// A service of that name, or of one as a service may be called, which is then told.
  json::object& add(const std::string& wanted, const position& at);
  /// How a service was called there, by how it is called here; empty: there is none of that name.
  std::string name_of(const std::string& wanted) const;
  json::object* find(const std::string& wanted);
  /// Every service, by its name here.
  std::deque<std::pair<std::string, json::object>>& services() { return services_; }

  /// A key of the original that is not carried over: why, and what comes nearest.
  void lose(const position& at, std::string key, std::string why, std::string instead);
  /// Something that makes the file unusable.
  void refuse(const position& at, std::string key, std::string message, std::string hint);

  /// The whole configuration, as text with a newline at its end.
  std::string text() const;

 private:
  std::deque<std::pair<std::string, json::object>> services_;
  std::map<std::string, std::string> names_;
};

/// A key that a tool knows and Aurora has no word for.
struct lost_key {
  std::string_view key;  ///< one that ends in `*` stands for all that begin so
  std::string_view why;
  std::string_view instead;
};
/// Tells of each field of `map` that is in `known`, or is known to nobody; those in `taken` are
/// carried over by somebody else.
void tell_lost(draft& to, const tree& map, const std::string& path,
               std::span<const std::string_view> taken, std::span<const lost_key> known);

/// An object within, made where it is not there yet. Good until `of` gets another key.
json::object& within(json::object& of, std::string_view key);

/// Text that the loader is to take as it is.
std::string literal(std::string_view text);

/// "1.5s", "90s": seconds as a duration.
std::string seconds(double count);

/// For `restart`: a limit that its own pauses can reach. `spent`: how long one try takes.
void bound_restarts(json::object& restart, long long limit, double delay, double spent);

/// JSON as people write it: an object of few short values on one line.
std::string pretty(const json::value& value, std::size_t indent = 0);

}  // namespace aurora::ctl::convert
