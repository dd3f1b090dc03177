#include <zlib.h>

#include "server/fixture.hpp"
#include "server/page.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;

std::string gzipped(std::string text) {
  z_stream state{};
  BOOST_REQUIRE(deflateInit2(&state, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 100, '\0');
  state.next_in = reinterpret_cast<Bytef*>(text.data());
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  BOOST_REQUIRE(deflate(&state, Z_FINISH) == Z_STREAM_END);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}

const std::string index_text = "<!doctype html><title>Aurora</title>";
const std::string script_text(100'000, 'x');
const std::string index_gzip = gzipped(index_text), script_gzip = gzipped(script_text);
const page_file files[] = {
    {"/", "text/html; charset=utf-8", "W/\"1\"", index_gzip, index_text.size()},
    {"/assets/app-1a.js", "text/javascript; charset=utf-8", "W/\"2\"", script_gzip,
     script_text.size()},
    {"/assets/bad.js", "text/javascript; charset=utf-8", "W/\"3\"", "nonsense", 10},
};

server_options with_page() {
  server_options how;
  how.page = files;
  return how;
}

BOOST_AUTO_TEST_SUITE(page)

// Open to everybody under our name, gzipped where that is taken, and the same bytes where not.
BOOST_AUTO_TEST_CASE(files_of_the_page) {
  running_server on(with_page());
  auto client = on.tcp();
  const auto plain = client.get("/");
  BOOST_TEST(plain.status == 200);
  BOOST_TEST(plain.body == index_text);
  BOOST_TEST(plain.field("Content-Encoding") == "");
  const auto packed = client.ask("GET", "/", "Accept-Encoding: br, gzip;q=0.5\r\n");
  BOOST_TEST(packed.body == index_gzip);
  BOOST_TEST(packed.field("Content-Encoding") == "gzip");
  BOOST_TEST(packed.field("Content-Type") == "text/html; charset=utf-8");
  BOOST_TEST(client.get("/assets/app-1a.js").body == script_text);
  const auto head = client.ask("HEAD", "/", "Accept-Encoding: gzip\r\n");
  BOOST_TEST(head.field("Content-Length") == std::to_string(index_gzip.size()));
  BOOST_TEST(client.get("/assets/nothing.js").status == 404);
  BOOST_TEST(client.get("/assets/bad.js").status == 500);
  BOOST_TEST(client.get("/assets/..%2F..%2Fetc%2Fpasswd").status == 404);
  BOOST_TEST(client.get("/?x=1").status == 400);
  BOOST_TEST(on.client().get("/").status == 200);
}

// What may be kept is kept: hashed names for ever, the page itself after asking.
BOOST_AUTO_TEST_CASE(caching) {
  running_server on(with_page());
  auto client = on.tcp();
  const auto index = client.get("/");
  BOOST_TEST(index.field("Cache-Control") == "no-cache");
  BOOST_TEST(index.field("ETag") == "W/\"1\"");
  BOOST_TEST(index.field("Vary") == "Accept-Encoding");
  BOOST_TEST(client.get("/assets/app-1a.js").field("Cache-Control") ==
             "public, max-age=31536000, immutable");
  for (const char* same : {"W/\"1\"", "\"x\", W/\"1\"", "*"}) {
    const auto again = client.ask("GET", "/", "If-None-Match: " + std::string(same) + "\r\n");
    BOOST_TEST(again.status == 304);
    BOOST_TEST(again.field("ETag") == "W/\"1\"");
    BOOST_TEST(again.field("Content-Length") == "");
  }
  BOOST_TEST(client.ask("GET", "/", "If-None-Match: W/\"2\"\r\n").status == 200);
}

// The browser is told to let nothing else in.
BOOST_AUTO_TEST_CASE(policies) {
  running_server on(with_page());
  auto client = on.tcp();
  for (const char* path : {"/", "/assets/app-1a.js"}) {
    const auto answer = client.get(path);
    const auto policy = answer.field("Content-Security-Policy");
    BOOST_TEST(policy == page_policy);
    BOOST_TEST(policy.find("unsafe") == std::string::npos);
    BOOST_TEST(answer.field("X-Content-Type-Options") == "nosniff");
    BOOST_TEST(answer.field("Referrer-Policy") == "no-referrer");
    BOOST_TEST(answer.field("Cross-Origin-Opener-Policy") == "same-origin");
    BOOST_TEST(answer.field("Cross-Origin-Resource-Policy") == "same-origin");
    BOOST_TEST(answer.field("X-Frame-Options") == "DENY");
  }
}

// A program without a page says so.
BOOST_AUTO_TEST_CASE(without) {
  running_server on;
  auto client = on.tcp();
  const auto answer = client.get("/");
  BOOST_TEST(answer.status == 404);
  BOOST_TEST(answer.body.find("no dashboard") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(encodings) {
  for (const char* yes :
       {"gzip", "br,gzip", "x-gzip", "*", "gzip;q=0.1", "identity;q=0, *", " gzip "}) {
    BOOST_TEST(takes_gzip(yes), yes);
  }
  for (const char* no :
       {"", "br", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzipped", ",,;"}) {
    BOOST_TEST(!takes_gzip(no), no);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
