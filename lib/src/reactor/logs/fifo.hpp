#pragma once

#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

#include "reactor/logs/descriptor.hpp"

namespace aurora::reactor::logs {

/// Both ends of a named pipe. Each is opened for reading and writing: the service never gets
/// SIGPIPE while nobody reads, and the reader never sees an end of file between two services.
struct fifo {
  descriptor reader;  ///< never blocks
  descriptor writer;  ///< blocks when the pipe is full: that slows a service down to the disk
  std::size_t capacity = 0;
};

/// Makes or finds the pipe at `path`, 0600, and gives it to `owner`, so that a service of another
/// user can open /dev/stderr again. What is there and is no pipe gives way, unless it is a folder.
/// A pipe smaller than `size` (an unprivileged user has only so many large ones) is no error.
/// Returns 0 or an errno value.
int open_fifo(const std::string& path, std::size_t size,
              std::optional<std::pair<uid_t, gid_t>> owner, fifo& into);

}  // namespace aurora::reactor::logs
