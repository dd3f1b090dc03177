#include <random>
#include <string>

#include <boost/test/unit_test.hpp>

#include "wire/request_gate.hpp"

namespace {

using namespace aurora::wire;

/// What the gate says to all of these bytes: 0 where it lets them pass, -1 where it waits for more.
int verdict(std::string_view bytes) {
  head_scanner scanner;
  if (const auto fault = scanner.scan(bytes)) return fault->status;
  if (scanner.size() == 0) return -1;
  const auto fault = check_head(bytes.substr(0, scanner.size()));
  return fault ? fault->status : 0;
}

std::string with(std::string_view fields) {
  return "POST /api/v1/start HTTP/1.1\r\nHost: aurora\r\n" + std::string(fields) + "\r\n";
}

BOOST_AUTO_TEST_SUITE(request_gate_suite)

// Requests as ordinary clients write them pass.
BOOST_AUTO_TEST_CASE(ordinary) {
  for (const char* head :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /healthz HTTP/1.0\r\n\r\n",
        "GET /api/v1/events?since=3&follow=1 HTTP/1.1\r\nHost: [::1]:9090\r\nAccept: */*\r\n\r\n",
        "GET /services/web%401 HTTP/1.1\r\nHost:\r\n\r\n",
        "POST /x HTTP/1.1\r\nhost: localhost:9090\r\ncontent-length: 2\r\n\r\n{}",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Note:\tf\xC3\xBCr\t\r\n\r\n"}) {
    BOOST_TEST_CONTEXT(head) { BOOST_TEST(verdict(head) == 0); }
  }
}

// Whatever two parsers could read in two ways is refused (A06).
BOOST_AUTO_TEST_CASE(smuggling) {
  const std::string heads[] = {
      with("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
      with("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n"),
      with("Content-Length: 2\r\nContent-Length: 2\r\n"),
      with("Content-Length: 2\r\nContent-Length: 3\r\n"),
      with("Content-Length: 2, 2\r\n"),
      with("Content-Length: +2\r\n"),
      with("Content-Length: 0x2\r\n"),
      with("Content-Length: 2 2\r\n"),
      with("Content-Length:\r\n"),
      with("Content-Length : 2\r\n"),
      with("Transfer-Encoding: xchunked\r\n"),
      with("Transfer-Encoding: chunked, identity\r\n"),
      with("Transfer-Encoding: identity, chunked\r\n"),
      with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      with("Transfer-Encoding:\r\n chunked\r\n"),
      with("Transfer-Encoding: \"chunked\"\r\n"),
      with("Transfer-Encoding: chunked;q=1\r\n"),
      with("Transfer-Encoding : chunked\r\n"),
      with("X: a\r\n folded\r\n"),
      with("Host: other\r\n"),
      with(": nameless\r\n"),
      with("no colon\r\n"),
      with("X: a\nContent-Length: 3\r\n"),
      with("X: a\rb\r\n"),
      with(std::string("X: a\0b\r\n", 8)),
      with("X\x01: b\r\n"),
      with("X: \x7f\r\n"),
      "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
      "GET http://evil.test/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "CONNECT evil.test:443 HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / x HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /#part HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\xC3\xBC HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / http/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
      "GET /\r\nHost: a\r\n\r\n",
      "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
      " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      "\x16\x03\x01\x02",
  };
  for (const auto& head : heads) {
    BOOST_TEST_CONTEXT(head) { BOOST_TEST(verdict(head) == 400); }
  }
}

// Other versions are told apart from garbage.
BOOST_AUTO_TEST_CASE(versions) {
  BOOST_TEST(verdict("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
  BOOST_TEST(verdict("PRI * HTTP/2.0\r\n\r\n") == 505);
  BOOST_TEST(verdict("GET / HTTP/1.2\r\nHost: a\r\n\r\n") == 505);
}

// Just at the limits it passes, one beyond it does not, and the status says which limit it was
// (A03).
BOOST_AUTO_TEST_CASE(limits) {
  const std::string line = "GET / HTTP/1.1\r\n";
  const std::string host = "Host: a\r\n";
  const auto padded = [&](std::size_t size) {
    const std::string name = "X: ";
    return line + host + name +
           std::string(size - line.size() - host.size() - name.size() - 4, 'x') + "\r\n\r\n";
  };
  BOOST_TEST(verdict(padded(8192)) == 0);
  BOOST_TEST(verdict(padded(8193)) == 431);
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X: y\r\n";
  BOOST_TEST(verdict(line + host + fields + "\r\n") == 0);
  BOOST_TEST(verdict(line + host + fields + "X: y\r\n\r\n") == 431);
  BOOST_TEST(verdict("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") == 414);
  BOOST_TEST(verdict("GET /" + std::string(9000, 'a')) == 414);
  BOOST_TEST(verdict(with("Content-Length: 99999999999999999999\r\n")) == 413);
}

// Bytes that come one at a time give the verdict of the whole.
BOOST_AUTO_TEST_CASE(piecemeal) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET";
  head_scanner scanner;
  for (std::size_t size = 1; size <= head.size(); ++size) {
    BOOST_REQUIRE(!scanner.scan(std::string_view(head).substr(0, size)));
    BOOST_TEST((scanner.size() != 0) == (size >= head.size() - 3));
  }
  BOOST_TEST(scanner.size() == head.size() - 3);
}

// Random edits of a good head never break the gate, and what it lets pass has one length.
BOOST_AUTO_TEST_CASE(mutations) {
  const std::string good = with("Content-Length: 12\r\nAccept: */*\r\n");
  const std::string_view spice = "\r\n\t :\0,;0123chunked\x80\xFF";
  std::mt19937 random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string head = good;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % head.size();
      if (random() % 2 == 0) {
        head[at] = spice[random() % spice.size()];
      } else {
        head.insert(at, 1, spice[random() % spice.size()]);
      }
    }
    const int status = verdict(head);
    BOOST_REQUIRE((status == 0 || status == -1 || (status >= 400 && status < 600)));
    if (status == 0) {
      BOOST_REQUIRE(head.find("\r\n ") == std::string::npos ||
                    head.find("\r\n ") > head.find("\r\n\r\n"));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
