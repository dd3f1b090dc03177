#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aurora/spec.hpp>

#include "config/keys.hpp"

/// What is read, before defaults that rest on other keys are known. The drafts inherit what they
/// become, so that a row of the table names the member of the specification itself.
namespace aurora::config {

struct health_draft : health_spec, http_probe {
  enum class kind { none, http, tcp, exec };
  kind what = kind::none;
  templated tcp;
  argv_template exec;
};

struct dependency_draft : dependency {
  place at;
};

struct dependencies_draft {
  bool as_map = false;  ///< maps are merged with those of `defaults`, lists replace them
  std::vector<dependency_draft> items;
};

struct service_draft : service_spec {
  std::optional<health_draft> checked;
  std::optional<ready_spec> readiness;
  bool has_command = false;
  dependencies_draft dependencies;
  std::vector<std::string> env_files;
  env_vars variables;
  std::optional<std::string> venv;  ///< empty: none, not even the stack's

  place name_at;
  std::optional<node> own;  ///< its object in the file
};

struct stack_draft : stack_spec {
  std::vector<std::string> env_files;
  env_vars variables;
  std::optional<std::string> virtualenv;
  std::optional<node> listen_at;  ///< `http.listen`
  std::optional<node> defaults;
};

const section<stack_draft>& stack_section();
const section<stack_draft>& http_section();
const section<tls_files>& tls_section();
const section<service_draft>& service_section();
const section<health_draft>& health_section();
const section<restart_spec>& restart_section();
const section<std::optional<ready_spec>>& ready_section();
const section<dependency>& dependency_section();
const section<std::optional<prerequisite>>& prerequisite_section();
const section<limits_spec>& limits_section();
const section<stop_spec>& stop_section();
const section<hooks_spec>& hooks_section();
const section<watch_spec>& watch_section();
const section<logs_spec>& logs_section();

/// "NAME: value" pairs, each later one replacing an earlier one of the same name.
void read_env(reader& in, const node& from, env_vars& to);
void read_env_files(reader& in, const node& from, std::vector<std::string>& to);
/// A path, or an empty string.
void read_virtualenv(reader& in, const node& from, std::optional<std::string>& to);
void read_dependencies(reader& in, const node& from, dependencies_draft& to);
void read_health(reader& in, const node& from, health_draft& to);
void read_ready(reader& in, const node& from, std::optional<ready_spec>& to);
void read_http(reader& in, const node& from, stack_draft& to);
/// An object, or a string that gives the policy alone.
void read_restart(reader& in, const node& from, restart_spec& to);
/// Calls `take(item)` for each element of a list, named by its index.
template <class Take>
void read_list(reader& in, const node& from, std::string_view wanted, Take take) {
  if (!from.is(json_kind::array)) return in.wrong_type(from, wanted);
  std::size_t index = 0;
  from.for_each_item([&](node item) {
    const reader::scope here(in, index++);
    take(item);
  });
}

/// Where a key of a service was written, in its own object, else in `defaults`, else its name.
/// `path`: "restart.limit".
position locate_key(const service_draft& service, const std::optional<node>& defaults,
                    std::string_view path);

/// Whether a key was written in the service's own object.
bool owns_key(const service_draft& service, std::string_view path);

}  // namespace aurora::config
