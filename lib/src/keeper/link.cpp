#include "keeper/link.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aurora::keeper {
namespace {

union control {
  cmsghdr first;
  char space[CMSG_SPACE(sizeof(int) * most_keys)];
};

void take_descriptors(msghdr& head, parcel& into) {
  into.fds_in = 0;
  for (cmsghdr* one = CMSG_FIRSTHDR(&head); one != nullptr; one = CMSG_NXTHDR(&head, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t bytes = one->cmsg_len - CMSG_LEN(0);
    std::memcpy(into.fds + into.fds_in, CMSG_DATA(one), bytes);
    into.fds_in += static_cast<std::uint32_t>(bytes / sizeof(int));
  }
}

bool well_formed(const parcel& got, std::size_t size, int flags) {
  if (size < offsetof(message, keys) || size != size_of(got.what)) return false;
  const std::uint32_t wanted = got.what.what == verb::hold ? got.what.count : 0;
  return got.fds_in == wanted || (got.fds_in < wanted && (flags & MSG_CTRUNC) != 0);
}

/// An empty packet reads as the end does, and can lie before others when the peer has ended.
bool at_the_end(int link) {
  pollfd state{link, POLLRDHUP, 0};
  int unread = 0;
  return ::poll(&state, 1, 0) > 0 && ::ioctl(link, FIONREAD, &unread) == 0 && unread == 0;
}

}  // namespace

sending send(int link, const message& what, const int* fds) {
  iovec bytes{const_cast<message*>(&what), size_of(what)};
  control fds_out{};
  msghdr head{};
  head.msg_iov = &bytes;
  head.msg_iovlen = 1;
  if (what.what == verb::hold) {
    head.msg_control = &fds_out;
    head.msg_controllen = CMSG_SPACE(sizeof(int) * what.count);
    fds_out.first.cmsg_level = SOL_SOCKET;
    fds_out.first.cmsg_type = SCM_RIGHTS;
    fds_out.first.cmsg_len = CMSG_LEN(sizeof(int) * what.count);
    std::memcpy(CMSG_DATA(&fds_out.first), fds, sizeof(int) * what.count);
  }
  while (::sendmsg(link, &head, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    if (errno == EAGAIN) return sending::full;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) return sending::gone;
    if (errno != EINTR)
      return sending::refused;  // ETOOMANYREFS, ENOBUFS: others hold what it needs
  }
  return sending::done;
}

receiving receive(int link, parcel& into, int flags) {
  iovec bytes{&into.what, sizeof into.what};
  control fds_in;
  msghdr head{};
  ssize_t size = -1;
  // A peer that ended with unread messages resets: told once, and before what it had still sent.
  for (int tries = 0; size < 0 && tries < 3; ++tries) {
    head = msghdr{nullptr, 0, &bytes, 1, &fds_in, sizeof fds_in, 0};
    size = ::recvmsg(link, &head, flags);
    if (size < 0 && errno == EINTR) --tries;
    if (size < 0 && errno != EINTR && errno != ECONNRESET) break;
  }
  if (size < 0) return errno == EAGAIN || errno == ENOMEM ? receiving::nothing : receiving::gone;
  take_descriptors(head, into);
  if (size == 0 && into.fds_in == 0 && at_the_end(link)) return receiving::gone;
  if (well_formed(into, static_cast<std::size_t>(size), head.msg_flags)) return receiving::message;
  while (into.fds_in > 0) ::close(into.fds[--into.fds_in]);
  return receiving::malformed;
}

}  // namespace aurora::keeper
