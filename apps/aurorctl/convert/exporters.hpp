#pragma once

#include <string>
#include <utility>
#include <vector>

#include <aurora/diagnostic.hpp>
#include <aurora/spec.hpp>

/// From a stack to the files of another tool. Pure; each tells what that tool has no word for.
namespace aurora::ctl::convert {

struct exported {
  std::vector<std::pair<std::string, std::string>> files;  ///< name and content
  diagnostics lost;
};

/// A unit for each instance, `NAME.service` or `NAME-2.service`.
exported export_systemd(const stack_spec& stack);
/// `compose.yaml`. The image of a service is its label `image`.
exported export_compose(const stack_spec& stack);
/// `NAME.yaml` for each service: a Deployment, or a Job for a oneshot, and a Service where it has a
/// port. The image of a service is its label `image`.
exported export_kubernetes(const stack_spec& stack);
/// `Procfile`.
exported export_procfile(const stack_spec& stack);

}  // namespace aurora::ctl::convert
