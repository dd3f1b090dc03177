#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "reactor/readiness/notify_socket.hpp"
#include "supervisor/instance_runtime.hpp"

namespace aurora::shell {

/// What belongs to one run of an instance, and ends with it.
struct instance_runtime::run_resources {
  std::unique_ptr<reactor::notify_socket> notify;
  std::unique_ptr<reactor::ready_pipe> pipe;
  std::vector<std::shared_ptr<void>> taps;
  std::optional<std::pair<int, int>> extra_fd;
};

}  // namespace aurora::shell
