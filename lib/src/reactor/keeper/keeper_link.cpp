#include "reactor/keeper/keeper_link.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <unordered_map>
#include <utility>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/link.hpp"
#include "reactor/keeper/outbox.hpp"
#include "reactor/task_scope.hpp"
#include "reactor/wait_status.hpp"

namespace aurora::reactor {
namespace {

namespace asio = boost::asio;
using link_stream = asio::posix::stream_descriptor;
using keeper::receiving;
using keeper::verb;

/// Others hold what the kernel needs: there is no event to wait for.
constexpr auto refused_for = std::chrono::milliseconds(100);
/// A keeper that was stopped or starves must not hold up the end.
constexpr auto longest_end = std::chrono::seconds(1);

struct wait_for_end {
  explicit wait_for_end(const asio::any_io_executor& executor)
      : told(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer told;  ///< cancelled when `status` is set
  std::optional<exit_status> status;
};

/// That the keeper has for what it is about to say.
constexpr auto moment = std::chrono::milliseconds(100);

std::optional<keeper::held_key> make_key(keeper::kind kind, std::string_view name,
                                         std::int64_t number) {
  if (name.size() > keeper::held_key::longest_name) return std::nullopt;
  keeper::held_key key{};
  key.what = kind;
  key.number = number;
  key.length = static_cast<std::uint8_t>(name.size());
  std::copy(name.begin(), name.end(), key.name);
  return key;
}

}  // namespace

struct keeper_link::impl {
  impl(const asio::any_io_executor& executor, int fd)
      : stream(executor),
        link(fd),
        out(fd),
        work(executor, asio::steady_timer::time_point::max()),
        tasks(executor) {}

  bool read_until_begin();
  void take(const keeper::parcel& got);
  void note(const keeper::process_end& end);
  void drain();
  void send();
  void gone();
  void answer_all();

  asio::awaitable<void> listen();
  asio::awaitable<void> write();
  asio::awaitable<void> until_writable(asio::steady_timer::time_point until);

  link_stream stream;
  int link;  ///< the same descriptor
  outbox out;
  outbox::state sent = outbox::state::sent;
  asio::steady_timer work;  ///< cancelled when there is something to send
  std::vector<held_descriptor> held;
  keeper::beginning begin{};
  bool begun = false;
  bool alive = true;
  bool caught_up = false;
  std::unordered_map<pid_t, ended_process> ends;  ///< until settled
  std::unordered_map<pid_t, std::shared_ptr<wait_for_end>> waiting;
  std::function<void()>* on_gone = nullptr;
  task_scope tasks;
};

bool keeper_link::impl::read_until_begin() {
  keeper::parcel got;
  while (!begun) {
    const auto how = keeper::receive(link, got, MSG_CMSG_CLOEXEC);
    if (how == receiving::gone) return false;
    if (how == receiving::message) take(got);
  }
  return true;
}

void keeper_link::impl::take(const keeper::parcel& got) {
  const keeper::message& text = got.what;
  if (text.what == verb::begin) {
    begin = text.begin;
    begun = true;
  } else if (text.what == verb::ended) {
    for (std::uint32_t i = 0; i < text.count; ++i) note(text.ends[i]);
  } else if (text.what == verb::hold) {
    for (std::uint32_t i = 0; i < text.count; ++i) {
      const auto& key = text.keys[i];
      held.push_back({key.what, std::string(key.name, key.length), key.number,
                      unique_fd(i < got.fds_in ? got.fds[i] : -1)});
    }
  }
}

void keeper_link::impl::note(const keeper::process_end& end) {
  if (end.pid == 0) return;  // a gap
  const auto status = decode_wait_status(end.status);
  ends.insert_or_assign(end.pid, ended_process{end.pid, status, instant(duration(end.when_ns))});
  const auto found = waiting.find(end.pid);
  if (found == waiting.end()) return;
  found->second->status = status;
  found->second->told.cancel();
  waiting.erase(found);
}

void keeper_link::impl::drain() {
  keeper::parcel got;
  for (;;) {
    switch (keeper::receive(link, got, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) {
      case receiving::message:
        take(got);
        break;
      case receiving::malformed:
        break;
      case receiving::nothing:
        return;
      case receiving::gone:
        return gone();
    }
  }
}

void keeper_link::impl::send() {
  if (!alive) return out.clear();
  sent = out.flush();
  // What it had still said is read first, by the listener, which sees the end too.
  if (sent == outbox::state::gone) out.clear();
}

void keeper_link::impl::gone() {
  if (!std::exchange(alive, false)) return;
  out.clear();
  work.cancel();
  answer_all();
  if (on_gone != nullptr && *on_gone) (*on_gone)();
}

void keeper_link::impl::answer_all() {
  for (auto& [pid, one] : std::exchange(waiting, {})) {
    one->status = exit_status{};
    one->told.cancel();
  }
}

asio::awaitable<void> keeper_link::impl::listen() {
  while (alive) {
    drain();
    if (!alive) break;
    const auto [error] = co_await stream.async_wait(link_stream::wait_read, tok);
    if (error) co_return;
  }
}

/// A hint: also when the kernel refused, after a while, for which there is no event.
asio::awaitable<void> keeper_link::impl::until_writable(asio::steady_timer::time_point until) {
  namespace xp = asio::experimental;
  const auto later = std::chrono::steady_clock::now() + refused_for;
  const bool refused = sent == outbox::state::refused;
  asio::steady_timer pause(stream.get_executor(), refused ? std::min(later, until) : until);
  if (refused) {
    co_await pause.async_wait(tok);
    co_return;
  }
  auto either = xp::make_parallel_group(stream.async_wait(link_stream::wait_write, asio::deferred),
                                        pause.async_wait(asio::deferred));
  co_await either.async_wait(xp::wait_for_one(), tok);
}

asio::awaitable<void> keeper_link::impl::write() {
  while (alive) {
    send();
    if (out.empty()) {
      co_await work.async_wait(tok);
    } else {
      co_await until_writable(asio::steady_timer::time_point::max());
    }
    const auto asked = co_await asio::this_coro::cancellation_state;
    if (asked.cancelled() != asio::cancellation_type::none) co_return;
  }
}

keeper_link::keeper_link(std::unique_ptr<impl> state) : impl_(std::move(state)) {
  impl_->on_gone = &on_gone;
}
keeper_link::~keeper_link() = default;

boost::system::result<std::unique_ptr<keeper_link>> keeper_link::take_over(
    asio::any_io_executor executor, int link) {
  auto state = std::make_unique<impl>(executor, link);
  boost::system::error_code error;
  state->stream.assign(link, error);
  if (error) {
    ::close(link);
    return error;
  }
  if (!state->read_until_begin()) return boost::system::error_code(asio::error::broken_pipe);
  return std::unique_ptr<keeper_link>(new keeper_link(std::move(state)));
}

std::vector<held_descriptor> keeper_link::take_held() { return std::exchange(impl_->held, {}); }

std::vector<ended_process> keeper_link::ended_processes() const {
  std::vector<ended_process> all;
  for (const auto& [pid, end] : impl_->ends) all.push_back(end);
  return all;
}

std::uint64_t keeper_link::generation() const { return impl_->begin.generation; }
pid_t keeper_link::keeper_pid() const { return impl_->begin.keeper_pid; }
keeper::standing keeper_link::standing() const { return impl_->begin.how; }
bool keeper_link::alive() const { return impl_->alive; }

void keeper_link::catch_up(pid_t pid) {
  impl& own = *impl_;
  const auto until = std::chrono::steady_clock::now() + moment;
  while (own.alive && !own.caught_up && own.ends.count(pid) == 0) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd heard{own.link, POLLIN, 0};
    own.caught_up = left.count() <= 0 || ::poll(&heard, 1, static_cast<int>(left.count())) <= 0;
    own.drain();
  }
}

std::optional<exit_status> keeper_link::status_of(pid_t pid) const {
  const auto found = impl_->ends.find(pid);
  if (found == impl_->ends.end()) return std::nullopt;
  return found->second.status;
}

asio::awaitable<exit_status> keeper_link::ended(pid_t pid) {
  if (const auto known = status_of(pid)) co_return *known;
  if (!impl_->alive) co_return exit_status{};
  auto& place = impl_->waiting[pid];
  if (!place) place = std::make_shared<wait_for_end>(impl_->stream.get_executor());
  // Its own: the answer stays with the waiters, whatever becomes of the link meanwhile.
  const auto own = place;
  while (!own->status) {
    co_await own->told.async_wait(tok);
    const auto asked = co_await asio::this_coro::cancellation_state;
    if (!own->status && asked.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return *own->status;
}

bool keeper_link::hold(keeper::kind kind, std::string_view name, std::int64_t number, int fd) {
  const auto key = make_key(kind, name, number);
  if (!key) return false;
  impl_->out.hold(*key, fd);
  impl_->work.cancel();
  return true;
}

void keeper_link::release(keeper::kind kind, std::string_view name, std::int64_t number) {
  const auto key = make_key(kind, name, number);
  if (!key) return;
  impl_->out.release(*key);
  impl_->work.cancel();
}

void keeper_link::settled(pid_t pid) {
  impl_->ends.erase(pid);
  impl_->out.settled(pid);
  impl_->work.cancel();
}

void keeper_link::ready() {
  impl_->out.ready();
  impl_->work.cancel();
}

void keeper_link::leaving(int code) {
  impl_->out.leaving(code);
  impl_->work.cancel();
}

void keeper_link::replace() {
  impl_->out.replace();
  impl_->work.cancel();
}

void keeper_link::notify(std::string_view text) {
  impl_->out.notify(text);
  impl_->work.cancel();
}

void keeper_link::flush() { impl_->send(); }

void keeper_link::start() {
  impl_->tasks.spawn(impl_->listen());
  impl_->tasks.spawn(impl_->write());
}

asio::awaitable<void> keeper_link::stop() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  impl_->tasks.request_stop();
  co_await impl_->tasks.join();
  const auto until = std::chrono::steady_clock::now() + longest_end;
  impl_->send();
  while (!impl_->out.empty() && std::chrono::steady_clock::now() < until) {
    impl_->drain();  // a keeper that is gone is seen here
    co_await impl_->until_writable(until);
    impl_->send();
  }
  impl_->out.clear();
  impl_->answer_all();
}

}  // namespace aurora::reactor
