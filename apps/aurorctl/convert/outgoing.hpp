#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "convert/exporters.hpp"

/// What all exports have in common.
namespace aurora::ctl::convert {

/// One instance of a service: what is still open in its texts is known now.
class outgoing {
 public:
  outgoing(const service_spec& from, unsigned instance) : from_(from), instance_(instance) {}
  const service_spec& spec() const { return from_; }
  unsigned instance() const { return instance_; }
  std::string name() const;  ///< "web", or "web-2" of several
  unsigned port() const;     ///< 0: it has none
  std::string text(const templated& open) const;
  std::vector<std::string> words(const argv_template& open) const;
  /// The variables that the configuration gives it, later ones win; env files are not among them.
  std::vector<std::pair<std::string, std::string>> variables() const;
  std::vector<std::string> env_files() const;

 private:
  const service_spec& from_;
  unsigned instance_;
};

/// Null: there is none of that name.
const service_spec* service_named(const stack_spec& in, std::string_view name);

class losses {
 public:
  explicit losses(const stack_spec& stack) : file_(stack.config_file) {}
  /// `key` below the service, like "health".
  void add(const service_spec& of, std::string_view key, std::string why, std::string instead);
  diagnostics all;

 private:
  std::string file_;
};

/// The keys that no other tool has a word for, where the service uses them.
void tell_common(const service_spec& of, losses& to);

/// YAML in block style, text always in quotes.
std::string yaml_text(const boost::json::value& value, std::size_t indent = 0);
long long whole_seconds(duration span);  ///< rounded up

}  // namespace aurora::ctl::convert
