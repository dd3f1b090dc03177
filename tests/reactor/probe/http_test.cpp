#include <boost/test/unit_test.hpp>

#include <aurora/version.hpp>

#include "scripted_server.hpp"

using namespace aurora;
using namespace aurora::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

asio::awaitable<void> write_for_ever(tcp::socket& socket, std::string head, std::string piece,
                                     bool& broken) {
  co_await read_request(socket);
  bool good = co_await send(socket, std::move(head));
  while (good) good = co_await send(socket, piece);
  broken = true;
}

/// A header, then the same piece until the other side has had enough.
scripted_server::script endless(std::string head, std::string piece, bool& broken) {
  return [=, &broken](tcp::socket& socket) { return write_for_ever(socket, head, piece, broken); };
}

asio::awaitable<void> answer_then_reset(tcp::socket& socket, std::string text) {
  co_await read_request(socket);
  if (!text.empty()) co_await send(socket, std::move(text));
  reset(socket);
}

asio::awaitable<void> dribble(tcp::socket& socket, std::string text) {
  co_await read_request(socket);
  for (const char c : text) {
    socket.set_option(tcp::no_delay(true));
    co_await send(socket, std::string(1, c));
  }
  co_await until_closed(socket);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http)

BOOST_AUTO_TEST_CASE(a_good_answer_is_told_with_its_status_and_time) {
  // The everyday case, and the words that status shows.
  probing p;
  std::string asked;
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", &asked));
  const auto outcome = p.run(get(server.url()));
  BOOST_TEST(outcome.healthy, outcome.text);
  BOOST_TEST(outcome.text.starts_with("HTTP 200 in "));
  BOOST_TEST(outcome.text.ends_with(" ms"));
  BOOST_TEST(outcome.took.count() > 0);
  BOOST_TEST(asked == "GET /health HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                          "\r\nUser-Agent: aurora/" + version +
                          "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(own_headers_and_method_go_out_and_replace_the_default_ones) {
  // A health endpoint behind a virtual host, asked with a token.
  probing p;
  std::string asked;
  scripted_server server(p.loop, answers("HTTP/1.1 204 No Content\r\n\r\n", &asked));
  auto request = get(server.url());
  request.method = "POST";
  request.headers = {{"host", "web.example"}, {"Authorization", "Bearer x"}, {"Connection", "up"}};
  const auto outcome = p.run(request);
  BOOST_TEST(outcome.healthy, outcome.text);
  BOOST_TEST(asked.starts_with("POST /health HTTP/1.1\r\n"));
  BOOST_TEST(has(asked, "\r\nhost: web.example\r\n"));
  BOOST_TEST(!has(asked, "\r\nHost: "));
  BOOST_TEST(has(asked, "\r\nAuthorization: Bearer x\r\n"));
  BOOST_TEST(has(asked, "\r\nContent-Length: 0\r\n"));
  BOOST_TEST(!has(asked, "Connection: up"));
}

BOOST_AUTO_TEST_CASE(a_header_cannot_smuggle_another_one) {
  // A variable in the configuration must not be able to write a second request.
  probing p;
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\n\r\n"));
  auto request = get(server.url());
  request.headers = {{"X-A", "b\r\nX-C: d"}};
  BOOST_TEST(p.run(request).text == "the value of header 'X-A' has control characters");
  request.headers = {{"X A", "b"}};
  BOOST_TEST(p.run(request).text == "'X A' is not the name of a header");
  request.headers.clear();
  request.method = "GET /x";
  BOOST_TEST(p.run(request).text == "'GET /x' is not a method");
  BOOST_TEST(server.accepted == 0U);
}

BOOST_AUTO_TEST_CASE(a_wrong_path_is_told_with_the_path_and_what_was_expected) {
  // The predecessor killed services for a typo in their health path.
  probing p;
  scripted_server server(p.loop, answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  const auto outcome = p.run(get(server.url("http", "/helth")));
  BOOST_TEST(!outcome.healthy);
  BOOST_TEST(outcome.text == "HTTP 404 from /helth, expected 200-399");
}

BOOST_AUTO_TEST_CASE(status_ranges_are_exact_at_both_ends) {
  // Each bound is a legal status, its neighbour is not.
  probing p;
  for (const int status : {200, 204, 205, 299, 300, 418}) {
    scripted_server server(
        p.loop, answers("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n"));
    auto request = get(server.url());
    request.status = {{200, 204}, {418, 418}};
    const auto outcome = p.run(request);
    BOOST_TEST(outcome.healthy == (status <= 204 || status == 418), outcome.text);
    if (!outcome.healthy) BOOST_TEST(outcome.text.ends_with("expected 200-204, 418"));
  }
}

BOOST_AUTO_TEST_CASE(redirects_are_not_followed_but_told) {
  // The answer to "/" is often a redirect to a login page: that is an answer of its own.
  probing p;
  scripted_server server(
      p.loop, answers("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"));
  auto request = get(server.url());
  BOOST_TEST(p.run(request).healthy);
  request.status = {{200, 299}};
  const auto outcome = p.run(request);
  BOOST_TEST(outcome.text ==
             "HTTP 302 from /health, expected 200-299 (redirects are not followed: to /login)");
  BOOST_TEST(server.accepted == 2U);
}

BOOST_AUTO_TEST_CASE(a_body_pattern_decides_where_it_is_given) {
  // Chunked, by length and to the end of the connection: all three bodies are read.
  probing p;
  for (const std::string body :
       {"Content-Length: 13\r\n\r\n{\"up\": true}\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"up\r\n9\r\n\": true}\n\r\n0\r\n\r\n",
        "\r\n{\"up\": true}\n"}) {
    scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\n" + body));
    auto request = get(server.url());
    request.body = "\"up\": *true";
    auto outcome = p.run(request);
    BOOST_TEST(outcome.healthy, outcome.text);
    request.body = "^down";
    outcome = p.run(request);
    BOOST_TEST(outcome.text == "HTTP 200, but the body does not match '^down'");
  }
}

BOOST_AUTO_TEST_CASE(head_and_empty_bodies_do_not_wait_for_one) {
  // HEAD announces a length that never comes.
  probing p;
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"));
  auto request = get(server.url());
  request.method = "HEAD";
  request.body = "x";
  BOOST_TEST(p.run(request).text == "HTTP 200, but the body does not match 'x': it is empty");
}

BOOST_AUTO_TEST_CASE(h01_silence_fails_at_the_timeout) {
  // Accepts, never answers: the deadline is the only way out, and the connection is closed by it.
  probing p;
  scripted_server server(p.loop, never_answers());
  const auto outcome = p.run(get(server.url()), 100ms);
  BOOST_TEST(!outcome.healthy);
  BOOST_TEST(outcome.text == "timed out after 100ms while waiting for the answer");
  BOOST_TEST((outcome.took >= 100ms));
  BOOST_TEST((outcome.took < 10s));
  BOOST_TEST(run_until(p.loop, [&] { return server.open == 0; }));
}

BOOST_AUTO_TEST_CASE(h01_a_slow_trickle_does_not_stretch_the_timeout) {
  // Each byte in time, the whole not: the limit is for all of it.
  probing p;
  scripted_server server(p.loop, [](tcp::socket& socket) {
    return dribble(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  });
  auto request = get(server.url());
  request.body = "abc";
  BOOST_TEST(p.run(request, 200ms).text == "timed out after 200ms while reading the body");
}

BOOST_AUTO_TEST_CASE(each_deadline_is_its_own) {
  // A short one behind a long one on the same timer, and many at once.
  reactor::probe_outcome outcomes[20];
  bool done[20] = {};
  probing p;
  scripted_server server(p.loop, never_answers());
  p.start(get(server.url()), 60s, outcomes[0], done[0]);
  for (int i = 1; i < 20; ++i) p.start(get(server.url()), 10ms * (20 - i), outcomes[i], done[i]);
  BOOST_TEST(run_until(p.loop, [&] { return std::count(done, done + 20, true) == 19; }));
  BOOST_TEST(!done[0]);
  for (int i = 1; i < 20; ++i) BOOST_TEST((outcomes[i].took >= 10ms * (20 - i)));
}

BOOST_AUTO_TEST_CASE(h03_an_endless_body_is_not_read_to_its_end) {
  // With no pattern the header decides; with one, 64 KiB do. Both close on a server that goes on.
  probing p;
  for (const std::string head :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"}) {
    const bool chunked = has(head, "chunked");
    bool broken = false;
    scripted_server server(p.loop,
                           endless(head, chunked ? "5\r\nhello\r\n" : "hello hello ", broken));
    auto request = get(server.url());
    BOOST_TEST(p.run(request).healthy);
    BOOST_TEST(run_until(p.loop, [&] { return broken; }));
    broken = false;
    request.body = "^(hello ?)+$|^hello";
    const auto outcome = p.run(request);
    BOOST_TEST(outcome.healthy, outcome.text);
    BOOST_TEST(run_until(p.loop, [&] { return broken; }));
  }
}

BOOST_AUTO_TEST_CASE(h06_refused_reset_and_closed_fail_at_once_and_differ) {
  // The timeout is far away: what has failed has failed.
  probing p;
  tcp::acceptor bound(p.loop);  // bound, so that nobody else gets the port, but not listening
  bound.open(tcp::v4());
  bound.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto port = std::to_string(bound.local_endpoint().port());
  auto outcome = p.run(get("http://127.0.0.1:" + port + "/"));
  BOOST_TEST(outcome.text == "connection refused (127.0.0.1:" + port + ")");
  BOOST_TEST((outcome.took < 5s));
  outcome = p.run(get("http://localhost:" + port + "/"));
  BOOST_TEST(outcome.text == "connection refused (127.0.0.1:" + port + " and 1 more)");

  const auto ends = [&](std::string text, std::string body) {
    scripted_server server(p.loop,
                           [text](tcp::socket& socket) { return answer_then_reset(socket, text); });
    auto request = get(server.url());
    request.body = std::move(body);
    const auto ended = p.run(request);
    BOOST_TEST((ended.took < 5s));
    return ended.text;
  };
  BOOST_TEST(ends("", "") == "connection reset by peer while waiting for the answer");
  BOOST_TEST(ends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "x") ==
             "connection reset by peer while reading the body");

  scripted_server closes(p.loop, answers(""));
  BOOST_TEST(p.run(get(closes.url())).text == "the connection was closed without an answer");
  scripted_server half(p.loop, answers("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
  auto request = get(half.url());
  request.body = "half";
  BOOST_TEST(p.run(request).text == "HTTP 200, but the connection was closed within the body");
}

BOOST_AUTO_TEST_CASE(h13_what_is_no_http_fails_with_the_reason) {
  // Each of them says something else; none is waited for until the timeout.
  probing p;
  const auto says = [&](std::string bytes, const std::string& body = "") {
    scripted_server server(p.loop, answers(std::move(bytes)));
    auto request = get(server.url());
    request.body = body;
    const auto outcome = p.run(request);
    BOOST_TEST(!outcome.healthy);
    return outcome.text;
  };
  BOOST_TEST(says("<html>old</html>") == "not an HTTP answer: '<html>old</html>'");
  BOOST_TEST(says("SSH-2.0-OpenSSH\x1b[31m\r\n") == "not an HTTP answer: 'SSH-2.0-OpenSSH?[31m  '");
  BOOST_TEST(says("HTTP/2.0 200 OK\r\n\r\n") == "not an HTTP/1.x answer: 'HTTP/2.0'");
  BOOST_TEST(says("\x15\x03\x01\x00\x02\x02\x46") == "the server speaks TLS here; use https://");
  BOOST_TEST(has(says("HTTP/1.1 banana\r\n\r\n"), "malformed HTTP answer: "));
  BOOST_TEST(has(says("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), "malformed HTTP answer: "));
  BOOST_TEST(has(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "x"),
                 "malformed HTTP answer: "));
  BOOST_TEST(has(says("HTTP/1.1 200"), "closed within the header, after 'HTTP/1.1 200'"));
}

BOOST_AUTO_TEST_CASE(h13_endless_headers_and_informational_answers_are_cut_off) {
  // 20 MB of header and 1xx for ever: bounded, closed, told.
  probing p;
  bool broken = false;
  scripted_server header(p.loop, endless("HTTP/1.1 200 OK\r\n",
                                         "X-Filler: 0123456789012345678901234567890\r\n", broken));
  BOOST_TEST(p.run(get(header.url())).text == "malformed HTTP answer: header limit exceeded");
  BOOST_TEST(run_until(p.loop, [&] { return broken; }));
  scripted_server continues(p.loop, endless("", "HTTP/1.1 100 Continue\r\n\r\n", broken));
  BOOST_TEST(p.run(get(continues.url())).text == "more than 16 informational answers");
  scripted_server chunk(p.loop, endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;",
                                        "extension", broken));
  auto request = get(chunk.url());
  request.body = "x";
  BOOST_TEST(has(p.run(request).text, "malformed HTTP answer: "));
}

BOOST_AUTO_TEST_CASE(informational_answers_before_the_real_one_are_skipped) {
  // 103 Early Hints is legal, and its status is not the answer's.
  probing p;
  scripted_server server(p.loop, answers("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                                         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\n\r\n"));
  const auto outcome = p.run(get(server.url()));
  BOOST_TEST(outcome.text.starts_with("HTTP 201 in "), outcome.text);
}

BOOST_AUTO_TEST_CASE(a_compressed_body_stays_compressed) {
  // No gzip bomb: what comes is matched as it comes.
  probing p;
  scripted_server server(p.loop, answers("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
                                         "\x1f\x8b\x08garbage"));
  auto request = get(server.url());
  request.body = "garbage";
  BOOST_TEST(p.run(request).healthy);
}

BOOST_AUTO_TEST_CASE(whatever_a_server_says_is_one_plain_line) {
  // The text goes to terminals, logs and JSON.
  probing p;
  scripted_server server(
      p.loop, answers("HTTP/1.1 302 F\r\nLocation: /\xff" + std::string(5000, 'a') + "\r\n\r\n"));
  auto request = get(server.url());
  request.status = {{200, 200}};
  const auto outcome = p.run(request);
  BOOST_TEST(outcome.text.size() <= 200U);
  BOOST_TEST(outcome.text.ends_with("…"));
  for (const unsigned char c : outcome.text) BOOST_TEST(c >= 0x20);
}

BOOST_AUTO_TEST_CASE(a_body_pattern_that_is_none_is_told) {
  // The configuration checks it; an embedding program may not have.
  probing p;
  auto request = get("http://127.0.0.1:1/");
  request.body = "(";
  BOOST_TEST(p.run(request).text == "the body pattern is not valid: missing ): (");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lifetime)

BOOST_AUTO_TEST_CASE(probes_outlive_their_prober) {
  // They end at once and touch nothing of it.
  reactor::probe_outcome outcome;
  bool done = false;
  probing p;
  scripted_server server(p.loop, never_answers());
  p.start(get(server.url()), 60s, outcome, done);
  BOOST_TEST(run_until(p.loop, [&] { return server.open == 1; }));
  p.prober.reset();
  BOOST_TEST(run_until(p.loop, [&] { return done; }));
  BOOST_TEST(!outcome.healthy);
}

BOOST_AUTO_TEST_CASE(a_cancelled_probe_closes_its_connection) {
  // Terminal cancellation, as a service that is stopped while it is probed.
  reactor::probe_outcome outcome;
  bool done = false;
  probing p;
  scripted_server server(p.loop, never_answers());
  p.start(get(server.url()), 60s, outcome, done);
  BOOST_TEST(run_until(p.loop, [&] { return server.open == 1; }));
  stop(p.loop, p.scope);
  BOOST_TEST(run_until(p.loop, [&] { return server.open == 0; }));
  BOOST_TEST(!outcome.healthy);
}

BOOST_AUTO_TEST_CASE(a_loop_that_ends_takes_its_probes_with_it) {
  // Destroyed with operations pending: nothing leaks, nothing is touched after.
  auto loop = std::make_unique<asio::io_context>(1);
  tcp::acceptor acceptor(*loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto port = acceptor.local_endpoint().port();
  reactor::worker_pool workers;
  auto prober = std::make_unique<reactor::prober>(loop->get_executor(), workers);
  const auto report = [](std::exception_ptr, reactor::probe_outcome) {};
  asio::co_spawn(*loop, prober->probe(get("http://127.0.0.1:" + std::to_string(port) + "/"), 60s),
                 report);
  asio::co_spawn(*loop, prober->probe(get("http://127.0.0.1:1/"), 60s), report);
  loop->run_one();
  prober.reset();
  acceptor.close();
  loop.reset();
  BOOST_TEST(!loop);
}

BOOST_AUTO_TEST_SUITE_END()
