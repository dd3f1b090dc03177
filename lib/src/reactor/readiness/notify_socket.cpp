#include "reactor/readiness/notify_socket.hpp"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

namespace aurora::reactor {

namespace asio = boost::asio;
using boost::system::error_code;
using clock = asio::steady_timer::clock_type;

namespace {

constexpr std::size_t most_bytes = 4096;
/// Datagrams taken before the loop gets its turn: some tens of microseconds.
constexpr int most_a_turn = 64;
/// What asking `ours` may cost, and within what: a twentieth of the loop.
constexpr auto most_asking = std::chrono::milliseconds(5);
constexpr auto asking_period = std::chrono::milliseconds(100);
/// How long an answer is kept. Short enough that a pid does not come back as another process.
constexpr auto answer_kept = std::chrono::seconds(1);
constexpr std::size_t most_answers = 4096;
/// SCM_MAX_FD of the kernel: more descriptors than these cannot be sent in one datagram.
constexpr std::size_t most_fds = 253;

error_code last_error() { return {errno, boost::system::system_category()}; }

struct received {
  std::size_t bytes = 0;
  pid_t sender = 0;
  uid_t user = 0;
  bool cut = false;
};

/// Descriptors that were sent along (FDSTORE=1, a barrier) are closed, which is what a barrier
/// waits for; what is not taken here would stay open in the daemon for good.
void take_control(msghdr& message, received& into) {
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    const std::size_t bytes = part->cmsg_len - CMSG_LEN(0);
    if (part->cmsg_type == SCM_CREDENTIALS && bytes >= sizeof(ucred)) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
      into.sender = sender.pid;
      into.user = sender.uid;
    } else if (part->cmsg_type == SCM_RIGHTS) {
      for (std::size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
        ::close(fd);
      }
    }
  }
}

/// False: there is none (EAGAIN), or the socket is broken.
bool receive(int fd, char* buffer, std::size_t size, received& into, error_code& ec) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(most_fds * sizeof(int))>
      control;
  iovec part{buffer, size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    ec = last_error();
    return false;
  }
  into.bytes = static_cast<std::size_t>(got);
  into.cut = (message.msg_flags & MSG_TRUNC) != 0;
  take_control(message, into);
  return true;
}

/// 128 random bits: nobody can have bound the name before, or guess it to fill the queue.
error_code random_name(std::string& name) {
  std::array<unsigned char, 16> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return last_error();
  name = "@aurora/";
  for (const auto byte : random) name += fmt::format("{:02x}", byte);
  return {};
}

/// The address of a NOTIFY_SOCKET value, '@' for the abstract ones; 0: it is none.
socklen_t to_address(std::string_view name, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) return 0;
  if (name[0] != '@' && name[0] != '/') return 0;
  std::memcpy(address.sun_path, name.data(), name.size());
  const bool abstract = name[0] == '@';
  if (abstract) address.sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
}

/// Asks whose a pid is, and neither often nor for long.
class sender_check {
 public:
  explicit sender_check(notify_socket::filter ours) : ours_(std::move(ours)) {}

  bool operator()(pid_t pid) {
    const auto now = clock::now();
    if (now >= kept_until_ || answers_.size() >= most_answers) {
      answers_.clear();
      kept_until_ = now + answer_kept;
    }
    if (const auto it = answers_.find(pid); it != answers_.end()) return it->second;
    if (now >= period_ends_) {
      period_ends_ = now + asking_period;
      spent_ = {};
    }
    const bool answer = ours_(pid);
    spent_ += clock::now() - now;
    answers_.emplace(pid, answer);
    return answer;
  }

  /// Until when nobody is to be asked any more; empty: now is as good as any time.
  std::optional<clock::time_point> rest() const {
    if (spent_ < most_asking || clock::now() >= period_ends_) return std::nullopt;
    return period_ends_;
  }

 private:
  notify_socket::filter ours_;
  std::unordered_map<pid_t, bool> answers_;
  clock::time_point kept_until_{}, period_ends_{};
  clock::duration spent_{};
};

}  // namespace

struct notify_socket::impl {
  struct state : std::enable_shared_from_this<state> {
    state(const asio::any_io_executor& executor, filter whose)
        : socket(executor), pause(executor), ours(std::move(whose)) {}

    asio::local::datagram_protocol::socket socket;
    asio::steady_timer pause;
    sender_check ours;
    std::optional<uid_t> service;
    handler said;
    std::uint64_t ignored = 0;

    bool may_speak(const received& one);
    void wait();
    void rest(clock::time_point until);
    void drain();
    void take(const received& one, const char* bytes);
  };

  std::shared_ptr<state> now;
  std::string address;
};

void notify_socket::impl::state::wait() {
  socket.async_wait(socket.wait_read, [self = shared_from_this()](const error_code& ec) {
    if (!ec && self->socket.is_open()) self->drain();
  });
}

void notify_socket::impl::state::rest(clock::time_point until) {
  pause.expires_at(until);
  pause.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec && self->socket.is_open()) self->drain();
  });
}

/// Level-triggered on purpose: after `most_a_turn` the others have theirs, then it goes on.
void notify_socket::impl::state::drain() {
  std::array<char, most_bytes> buffer;
  for (int i = 0; i < most_a_turn; ++i) {
    received one;
    error_code ec;
    if (!receive(socket.native_handle(), buffer.data(), buffer.size(), one, ec)) break;
    take(one, buffer.data());
    if (!socket.is_open()) return;  // closed by its own handler
    if (const auto until = ours.rest()) return rest(*until);
  }
  wait();
}

bool notify_socket::impl::state::may_speak(const received& one) {
  // Pid 0: a sender in a pid namespace that this process cannot see into.
  if (one.bytes == 0 || one.cut || one.sender <= 0) return false;
  const bool known = !service || one.user == *service || one.user == 0 || one.user == ::geteuid();
  return known && ours(one.sender);
}

void notify_socket::impl::state::take(const received& one, const char* bytes) {
  if (!may_speak(one)) {
    ++ignored;
    return;
  }
  said(parse_notification({bytes, one.bytes}));
}

notify_socket::notify_socket(std::unique_ptr<impl> made) : impl_(std::move(made)) {}

namespace {

boost::system::result<int> bind_at(const std::string& name) {
  sockaddr_un address;
  const auto length = to_address(name, address);
  if (length == 0) return error_code(EINVAL, boost::system::system_category());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return last_error();
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    const auto ec = last_error();
    ::close(fd);
    return ec;
  }
  return {boost::system::in_place_value, fd};
}

}  // namespace

boost::system::result<std::unique_ptr<notify_socket>> notify_socket::open(
    asio::any_io_executor executor, filter ours, handler on_notification) {
  std::string name;
  if (const auto ec = random_name(name)) return ec;
  return resume(std::move(executor), std::move(ours), std::move(on_notification), std::move(name),
                -1);
}

boost::system::result<std::unique_ptr<notify_socket>> notify_socket::resume(
    asio::any_io_executor executor, filter ours, handler on_notification, std::string address,
    int fd) {
  if (fd < 0) {
    const auto bound = bind_at(address);
    if (!bound) return bound.error();
    fd = *bound;
  }
  auto made = std::make_unique<impl>();
  made->address = std::move(address);
  made->now = std::make_shared<impl::state>(executor, std::move(ours));
  error_code ec;
  made->now->socket.assign(asio::local::datagram_protocol(), fd, ec);
  if (ec) {
    ::close(fd);
    return ec;
  }
  made->now->said = std::move(on_notification);
  made->now->wait();
  return std::unique_ptr<notify_socket>(new notify_socket(std::move(made)));
}

notify_socket::~notify_socket() { close(); }

const std::string& notify_socket::address() const { return impl_->address; }

int notify_socket::fd() const { return impl_->now->socket.native_handle(); }

std::uint64_t notify_socket::ignored() const { return impl_->now->ignored; }

void notify_socket::accept_only(uid_t service) { impl_->now->service = service; }

void notify_socket::close() {
  error_code ignored;
  impl_->now->socket.close(ignored);
  impl_->now->pause.cancel();
}

void notify_systemd(std::string_view text) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address;
  const auto length = name != nullptr ? to_address(name, address) : 0;
  if (length == 0) return;
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // Not to be lost while systemd is busy, but not worth the loop's time either.
  const timeval limit{0, 200'000};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
           length);
  ::close(fd);
}

std::optional<duration> systemd_watchdog(pid_t main) {
  const auto number = [](const char* name) -> std::optional<std::uint64_t> {
    const char* text = std::getenv(name);
    std::uint64_t value = 0;
    if (!text) return std::nullopt;
    const auto [end, fault] = std::from_chars(text, text + std::strlen(text), value);
    return fault == std::errc{} && *end == 0 ? std::optional(value) : std::nullopt;
  };
  const auto within = number("WATCHDOG_USEC");
  const auto whose = number("WATCHDOG_PID");
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / 1000;
  if (!within || *within == 0 || *within > most) return std::nullopt;
  if (whose && *whose != static_cast<std::uint64_t>(main)) return std::nullopt;
  return std::chrono::microseconds(*within);
}

}  // namespace aurora::reactor
