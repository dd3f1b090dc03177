#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convert/draft.hpp"

/// What the importers of YAML and JSON have in common: values that may be written in several ways.
namespace aurora::ctl::convert {

class yaml_keys {
 public:
  yaml_keys(const input& in, draft& to) : in_(in), to_(to) {}

 protected:
  /// The text of a value that may hold variables of compose: `$X` and `${X}`, which are empty where
  /// they are not set, become `${X:-}`.
  static std::string variables(std::string_view text);

  /// Words: a list of text, or text that is split as a shell does.
  json::array words(const tree& value, const std::string& key);
  /// Pairs: a map, or a list of `KEY=value`. One without a value is not among them.
  std::vector<std::pair<std::string, std::string>> pairs(const tree& value, const std::string& key);
  /// The same, put below that name of `to`; no `value`: nothing.
  void put_pairs(json::object& to, std::string_view name, const tree* value,
                 const std::string& key);
  /// Text that is a duration as the loader takes it.
  std::string time(const tree& value, const std::string& key);
  long long number(const tree& value, const std::string& key, long long otherwise = 0);
  double decimal(const tree& value, const std::string& key);
  bool flag(const tree& value, const std::string& key);
  void wrong(const tree& value, const std::string& key, std::string_view wanted);
  /// Of all of them, by the names that services have here; one that became none is told. What
  /// others wait for to complete runs once.
  void settle_dependencies(const tree& services);

  const input& in_;
  draft& to_;
  const tree* keys_ = nullptr;  ///< of the service that is being read
  std::string name_;            ///< and how it is called there

 private:
  void settle_dependencies(const std::string& service, const position& at, json::object& to);
};

}  // namespace aurora::ctl::convert
