#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>

#include <boost/throw_exception.hpp>

#include <unistd.h>

#include "reactor/child/launch.hpp"

namespace aurora::reactor {
namespace {

using phase = launch_error::phase;

std::string reason(int error) {
  std::string text = ::strerrordesc_np(error) ? ::strerrordesc_np(error) : "unknown error";
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  const char* name = ::strerrorname_np(error);
  return name ? fmt::format("{} ({})", text, name) : fmt::format("{} (errno {})", text, error);
}

/// What execve(2) means by an errno, where its words alone would mislead.
std::string exec_hint(const launch_error& error) {
  switch (error.error) {
    case ENOENT:
      if (error.path.find('/') == std::string::npos) return "; it is nowhere along PATH";
      // The file is there, so it is the interpreter of its first line, or its loader, that is not.
      if (::access(error.path.c_str(), F_OK) == 0)
        return "; the file exists, the interpreter or loader that it names does not";
      return {};
    case ENOEXEC:
      return "; no executable format: does a script lack its '#!' line?";
    case ETXTBSY:
      return "; somebody is still writing it";
    case E2BIG:
      return "; arguments and environment together are too large";
    default:
      return {};
  }
}

}  // namespace

bool launch_error::transient() const {
  // A place in epoll, a process: what is used up is given back.
  if (error == ENOSPC && (where == phase::resources || where == phase::fork)) return true;
  switch (error) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ETXTBSY:
    case EINTR:
    case EIO:
      return true;
    default:
      return false;
  }
}

std::string describe(const launch_error& error) {
  const auto& path = error.path;
  const auto why = reason(error.error);
  switch (error.where) {
    case phase::resources:
      return fmt::format("resources: cannot get {}: {}", path, why);
    case phase::fork:
      return fmt::format("fork: no new process: {}", why);
    case phase::chdir:
      return fmt::format("chdir: cannot enter '{}': {}", path, why);
    case phase::user:
      return fmt::format("user: cannot become {}: {}", path, why);
    case phase::limits:
      return fmt::format("limits: cannot set {}: {}", path, why);
    case phase::session:
      return fmt::format("session: no session of its own: {}", why);
    case phase::descriptors:
      return fmt::format("descriptors: cannot set up {}: {}", path, why);
    case phase::cgroup:
      return fmt::format("cgroup: cannot enter '{}': {}", path, why);
    case phase::exec:
      return fmt::format("exec: '{}' cannot be executed: {}{}", path, why, exec_hint(error));
  }
  return why;
}

void throw_exception_from_error(const launch_error& error, const boost::source_location& where) {
  boost::throw_exception(std::runtime_error(describe(error)), where);
}

}  // namespace aurora::reactor
