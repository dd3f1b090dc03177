#include "server/byte_stream.hpp"

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/test/unit_test.hpp>

#include "support/await.hpp"

namespace {

namespace asio = boost::asio;
using namespace aurora::server;
using boost::system::error_code;

struct connected {
  connected() {
    int both[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) == 0);
    stream.emplace(stream_socket(loop, asio::generic::stream_protocol(AF_UNIX, 0), both[0]));
    client.emplace(loop, asio::generic::stream_protocol(AF_UNIX, 0), both[1]);
  }

  asio::io_context loop;
  std::optional<byte_stream> stream;
  std::optional<stream_socket> client;
};

std::vector<std::string> texts(const few_buffers<asio::const_buffer>& of) {
  std::vector<std::string> all;
  for (const auto& each : of) all.emplace_back(static_cast<const char*>(each.data()), each.size());
  return all;
}

BOOST_AUTO_TEST_SUITE(byte_streams)

// One system call is given the first that hold anything, so that nothing is taken for an end.
BOOST_AUTO_TEST_CASE(the_first_buffers_that_are_not_empty) {
  const std::vector<std::string> all{"", "a", "", "b", "c", "d", "e", "f", "g", "h", "i", ""};
  std::vector<asio::const_buffer> buffers;
  for (const auto& each : all) buffers.push_back(asio::buffer(each));
  const std::vector<std::string> first{"a", "b", "c", "d", "e", "f", "g", "h"};
  BOOST_TEST(texts(few_buffers<asio::const_buffer>(buffers)) == first,
             boost::test_tools::per_element());
  BOOST_TEST(texts(few_buffers<asio::const_buffer>(asio::buffer(all[0]))).empty());
}

// What is left over by one call comes with the next: a composed write is whole and in order.
BOOST_FIXTURE_TEST_CASE(a_write_of_many_buffers_is_whole, connected) {
  std::vector<std::string> all;
  std::vector<asio::const_buffer> buffers;
  std::string whole;
  for (int i = 0; i < 100; ++i)
    all.push_back(std::string(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26)));
  for (const auto& each : all) {
    buffers.push_back(asio::buffer(each));
    whole += each;
  }
  std::optional<std::size_t> written;
  asio::async_write(*stream, buffers, [&](error_code ec, std::size_t size) {
    BOOST_TEST(!ec);
    written = size;
  });
  aurora::test::run_until(loop, [&] { return written.has_value(); });
  BOOST_TEST(*written == whole.size());
  std::string got(whole.size(), '\0');
  asio::read(*client, asio::buffer(got));
  BOOST_TEST(got == whole);
}

// A handler keeps its executor and its slot, though its type is gone.
BOOST_FIXTURE_TEST_CASE(a_handler_is_cancelled_and_runs_where_it_wants, connected) {
  const auto own = asio::make_strand(loop);
  asio::cancellation_signal signal;
  std::optional<error_code> ended;
  char byte = 0;
  stream->async_read_some(
      asio::buffer(&byte, 1),
      asio::bind_cancellation_slot(signal.slot(),
                                   asio::bind_executor(own, [&](error_code ec, std::size_t size) {
                                     BOOST_TEST(own.running_in_this_thread());
                                     BOOST_TEST(size == 0u);
                                     ended = ec;
                                   })));
  signal.emit(asio::cancellation_type::terminal);
  aurora::test::run_until(loop, [&] { return ended.has_value(); });
  BOOST_TEST(*ended == error_code(asio::error::operation_aborted));
}

// A handler may hold what cannot be copied, and it is gone when the handler was called.
BOOST_FIXTURE_TEST_CASE(a_handler_is_released_by_its_call, connected) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> seen = held;
  std::optional<char> got;
  char byte = 0;
  stream->async_read_some(
      asio::buffer(&byte, 1),
      [&, held = std::move(held), only = std::make_unique<int>()](error_code ec, std::size_t) {
        BOOST_TEST(!ec);
        got = byte;
      });
  BOOST_TEST(!seen.expired());
  asio::write(*client, asio::buffer("x", 1));
  aurora::test::run_until(loop, [&] { return got.has_value(); });
  BOOST_TEST(*got == 'x');
  BOOST_TEST(seen.expired());
}

// When the limit runs out the read is told so, and the client sees the end.
BOOST_FIXTURE_TEST_CASE(a_limit_that_runs_out_closes, connected) {
  stream->expires_after(std::chrono::milliseconds(1));
  std::optional<error_code> ended;
  char byte = 0;
  stream->async_read_some(asio::buffer(&byte, 1), [&](error_code ec, std::size_t) { ended = ec; });
  aurora::test::run_until(loop, [&] { return ended.has_value(); });
  BOOST_TEST(*ended == error_code(boost::beast::error::timeout));
  error_code ec;
  BOOST_TEST(client->read_some(asio::buffer(&byte, 1), ec) == 0u);
  BOOST_TEST(ec == error_code(asio::error::eof));
}

// A client that is gone is an error of the write, not a signal that ends the process.
BOOST_FIXTURE_TEST_CASE(a_client_that_is_gone, connected) {
  client->close();
  std::optional<error_code> ended;
  asio::async_write(*stream, asio::buffer("x", 1), [&](error_code ec, std::size_t) { ended = ec; });
  aurora::test::run_until(loop, [&] { return ended.has_value(); });
  BOOST_TEST(*ended == error_code(asio::error::broken_pipe));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
