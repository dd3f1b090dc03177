#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "reactor/readiness/notify_socket.hpp"

namespace aurora::reactor {

namespace asio = boost::asio;
using boost::system::error_code;

struct ready_pipe::impl {
  struct state : std::enable_shared_from_this<state> {
    explicit state(const asio::any_io_executor& executor) : pipe(executor) {}

    asio::posix::stream_descriptor pipe;
    std::function<void()> on_ready;
    std::array<char, 256> buffer{};

    void read();
    void take(std::size_t bytes);
  };

  ~impl() { close_child_end(); }
  void close_child_end() {
    if (child_end >= 0) ::close(std::exchange(child_end, -1));
  }

  std::shared_ptr<state> now;
  int child_end = -1;
};

void ready_pipe::impl::state::read() {
  pipe.async_read_some(asio::buffer(buffer),
                       [self = shared_from_this()](const error_code& ec, std::size_t bytes) {
                         if (!self->pipe.is_open()) return;
                         if (!ec) self->take(bytes);
                         // Else everyone closed it without a newline: it will never be said.
                       });
}

void ready_pipe::impl::state::take(std::size_t bytes) {
  if (std::string_view(buffer.data(), bytes).find('\n') == std::string_view::npos) {
    read();
    return;
  }
  // Closed first: whoever writes on is told by EPIPE, and the callback may destroy the pipe.
  error_code ignored;
  pipe.close(ignored);
  std::exchange(on_ready, nullptr)();
}

ready_pipe::ready_pipe(std::unique_ptr<impl> made) : impl_(std::move(made)) {}

ready_pipe::~ready_pipe() {
  error_code ignored;
  impl_->now->pipe.close(ignored);
}

boost::system::result<std::unique_ptr<ready_pipe>> ready_pipe::open(
    asio::any_io_executor executor, std::function<void()> on_ready) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return error_code(errno, boost::system::system_category());
  auto made = resume(std::move(executor), std::move(on_ready), ends[0]);
  if (made) {
    (*made)->impl_->child_end = ends[1];
  } else {
    ::close(ends[1]);
  }
  return made;
}

boost::system::result<std::unique_ptr<ready_pipe>> ready_pipe::resume(
    asio::any_io_executor executor, std::function<void()> on_ready, int fd) {
  auto made = std::make_unique<impl>();
  made->now = std::make_shared<impl::state>(executor);
  error_code ec;
  made->now->pipe.assign(fd, ec);
  if (ec) {
    ::close(fd);
    return ec;
  }
  made->now->on_ready = std::move(on_ready);
  made->now->read();
  return std::unique_ptr<ready_pipe>(new ready_pipe(std::move(made)));
}

int ready_pipe::own_end() const { return impl_->now->pipe.native_handle(); }

int ready_pipe::child_end() const { return impl_->child_end; }

void ready_pipe::close_child_end() { impl_->close_child_end(); }

}  // namespace aurora::reactor
