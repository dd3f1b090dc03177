#include "reactor/watch/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/watch/watch_tree.hpp"

namespace aurora::reactor {

namespace asio = boost::asio;
using boost::system::error_code;
using clock = asio::steady_timer::clock_type;

namespace {
/// Buffers read before the loop gets its turn.
constexpr int most_a_turn = 16;
/// Directories walked before it does: some 3 ms.
constexpr std::size_t directories_a_turn = 128;
}  // namespace

struct file_watch::impl {
  struct state : std::enable_shared_from_this<state> {
    state(const asio::any_io_executor& executor, duration wait_for, handler call)
        : events(executor), quiet(executor), debounce(wait_for), on_change(std::move(call)) {}

    asio::posix::stream_descriptor events;
    asio::steady_timer quiet;
    duration debounce;
    handler on_change;
    std::unique_ptr<watch_tree> tree;
    bool going_on = false;  ///< the next part of the walk is on its way
    std::string first;      ///< of the burst that goes on; empty: there is none
    clock::time_point last{};

    void wait();
    void drain();
    error_code walk();
    void changed(const std::string& path);
    void settle();
    void tell();
  };

  std::shared_ptr<state> now;
};

void file_watch::impl::state::wait() {
  events.async_wait(events.wait_read, [self = shared_from_this()](const error_code& ec) {
    if (!ec && self->events.is_open()) self->drain();
  });
}

void file_watch::impl::state::drain() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  for (int i = 0; i < most_a_turn; ++i) {
    const auto got = ::read(events.native_handle(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      const auto path = tree->take(event.wd, event.mask, event.len > 0 ? name : "");
      if (path) changed(*path);
    }
  }
  if (!going_on) walk();
  wait();
}

/// The next part; the others follow by themselves.
error_code file_watch::impl::state::walk() {
  const auto ec = tree->walk(directories_a_turn);
  going_on = tree->walking();
  if (!going_on) return ec;
  asio::post(events.get_executor(), [self = shared_from_this()] {
    if (self->events.is_open()) self->walk();
  });
  return ec;
}

/// One timer a burst: it runs to its end and then looks whether the burst did.
void file_watch::impl::state::changed(const std::string& path) {
  last = clock::now();
  if (!first.empty()) return;
  first = path;
  settle();
}

void file_watch::impl::state::settle() {
  quiet.expires_at(last + debounce);
  quiet.async_wait([self = shared_from_this()](const error_code& ec) {
    if (ec || !self->events.is_open()) return;
    if (clock::now() < self->last + self->debounce)
      self->settle();
    else
      self->tell();
  });
}

void file_watch::impl::state::tell() {
  const auto path = std::exchange(first, {});
  on_change(path);
}

file_watch::file_watch(std::unique_ptr<impl> made) : impl_(std::move(made)) {}

boost::system::result<std::unique_ptr<file_watch>> file_watch::open(asio::any_io_executor executor,
                                                                    const watch_spec& spec,
                                                                    handler on_change) {
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return error_code(errno, boost::system::system_category());
  auto made = std::make_unique<impl>();
  made->now = std::make_shared<impl::state>(executor, spec.debounce, std::move(on_change));
  error_code ec;
  made->now->events.assign(fd, ec);
  if (ec) {
    ::close(fd);
    return ec;
  }
  made->now->tree = std::make_unique<watch_tree>(fd, spec.ignore);
  for (const auto& path : spec.paths)
    if ((ec = made->now->tree->add(path))) return ec;
  if ((ec = made->now->walk())) return ec;
  made->now->wait();
  return std::unique_ptr<file_watch>(new file_watch(std::move(made)));
}

file_watch::~file_watch() {
  error_code ignored;
  impl_->now->events.close(ignored);
  impl_->now->quiet.cancel();
}

bool file_watch::walking() const { return impl_->now->tree->walking(); }

std::size_t file_watch::unwatched() const { return impl_->now->tree->unwatched(); }

}  // namespace aurora::reactor
