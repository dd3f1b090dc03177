#include <utility>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/loop.hpp"
#include "keeper/say.hpp"

/// The loop's end of the link.
namespace aurora::keeper {
namespace {

/// So many descriptors are left for a link, or the reactor could not be started again.
constexpr int reserved = 16;

}  // namespace

/// False: there is nothing more to hear now.
bool loop::hear() {
  parcel got;
  for (int n = 0; n < most_in_a_turn; ++n) {
    switch (receive(link_, got, MSG_DONTWAIT)) {
      case receiving::message:
        obey(got);
        break;
      case receiving::malformed:
        break;
      case receiving::nothing:
        return false;
      case receiving::gone:
        hearing_ = false;
        return false;
    }
  }
  return true;
}

void loop::obey(const parcel& got) {
  const message& what = got.what;
  switch (what.what) {
    case verb::hold:
      for (std::uint32_t i = 0; i < got.fds_in; ++i) hold(what.keys[i], got.fds[i]);
      if (got.fds_in < what.count) complain_of_descriptors();
      break;
    case verb::release:
      for (std::uint32_t i = 0; i < what.count; ++i) held_.release(what.keys[i]);
      break;
    case verb::settled:
      for (std::uint32_t i = 0; i < what.count; ++i) held_.settled(what.pids[i]);
      break;
    case verb::ready:
      ready_at_ = now();
      ever_ready_ = true;
      strangers_.drop_before(ready_at_);
      break;
    case verb::leaving:
      leaving_ = true;
      leaving_code_ = what.code & 0xff;
      break;
    case verb::replace:
      trial_ = trial::next;
      break;
    case verb::notify:
      notify(what);
      break;
    case verb::ended:
    case verb::begin:
      break;  // ours to say
  }
}

void loop::hold(const held_key& key, int fd) {
  rlimit most{};
  ::getrlimit(RLIMIT_NOFILE, &most);
  if (static_cast<rlim_t>(fd) + reserved >= most.rlim_cur) {
    ::close(fd);
    return complain_of_descriptors();
  }
  held* const one = held_.hold(key, fd);
  if (one == nullptr || key.what != kind::process || !has_ended(fd)) return;
  const process_end end = strangers_.take(static_cast<std::int32_t>(key.number));
  if (end.pid != 0) held_.ended(*one, end);
}

void loop::complain_of_descriptors() {
  if (std::exchange(complained_, true)) return;
  say(
      {"the keeper cannot hold more descriptors; what it does not hold is lost when the reactor "
       "is killed (raise LimitNOFILE=, ulimit -n)"});
}

/// A manager that does not listen misses it, and the keeper goes on.
void loop::notify(const message& what) const {
  const int fd = manager_size_ != 0 ? ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
  if (fd < 0) return;
  ::sendto(fd, what.text, what.count, MSG_DONTWAIT | MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&manager_), manager_size_);
  ::close(fd);
}

void loop::tell() {
  while (reactor_ != 0 && told_ == sending::done && tell_next()) {
  }
}

/// False: there is nothing to tell, or it cannot be told now.
bool loop::tell_next() {
  message next;
  int fds[most_keys];
  if (!begun_ && (next.count = held_.untold(next.keys, fds)) != 0) {
    if (!say_to_reactor(verb::hold, next, fds)) return false;
    held_.told(fds[next.count - 1]);
  } else if (ready_at_ == 0 && (next.count = strangers_.untold(next.ends)) != 0) {
    if (!say_to_reactor(verb::ended, next)) return false;
    strangers_.told(next.count);
  } else if ((next.count = held_.untold_ends(next.ends)) != 0) {
    if (!say_to_reactor(verb::ended, next)) return false;
    held_.told_ends(next.count);
  } else {
    if (begun_) return false;
    next.begin = beginning{generation_ - 1, pid_, how_};
    begun_ = say_to_reactor(verb::begin, next);
    return begun_;
  }
  return true;
}

bool loop::say_to_reactor(verb what, message& text, const int* fds) {
  text.what = what;
  told_ = send(link_, text, fds);
  return told_ == sending::done;
}

}  // namespace aurora::keeper
