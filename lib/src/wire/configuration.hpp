#pragma once

#include <string>
#include <vector>

#include <aurora/spec.hpp>

#include "core/engine.hpp"
#include "core/secrets.hpp"
#include "wire/json_writer.hpp"

namespace aurora::wire {

/// A variable of an environment, as it is; what is written of it is masked.
struct environment_variable {
  std::string name, value;
  std::string
      from;  ///< "env", the path of an env file, "user", "virtualenv", "aurora", "inherited"
};

/// What an instance is started with.
struct instance_configuration {
  std::string name;
  service_spec spec;
  core::instance_variables own;
  std::vector<environment_variable> environment;  ///< as its next start would have it
  std::string environment_fault;                  ///< why that cannot be told; empty: it is told
};

/// The definition as one object with the keys of aurora.json(5), every default filled in, the
/// instance's own variables closed. The environment is no part of it. Masked.
void write_definition(json_writer& to, const instance_configuration& of,
                      const core::masker& secrets);

/// {"services": [{"name", "service", "configuration": {…}, "environment": [{"name", "value",
/// "masked", "from"}]}]}; "environment_fault" only where there is one. No secret is in it.
std::string to_json(const std::vector<instance_configuration>& all);

}  // namespace aurora::wire
