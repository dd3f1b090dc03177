#include "server/fixture.hpp"
#include "wire/routes.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;

/// What the answer must be, worked out anew from the contract and the table of routes alone.
struct asked {
  const wire::route* route;
  std::string_view method, host, origin, site, type;
  enum class shown { nothing, wrong, read, operate } credential;
};

std::string own(std::string_view text, const running_server& on) {
  std::string out(text);
  if (const auto at = out.find('@'); at != out.npos) out.replace(at, 1, std::to_string(on.port));
  return out;
}

int expected(const asked& what) {
  if (what.host != "127.0.0.1:@") return 421;
  if (!what.origin.empty() && what.origin != "http://127.0.0.1:@") return 403;
  if (what.site == "same-site" || what.site == "cross-site") return 403;
  const bool post = what.method == "POST";
  const bool fits =
      what.route->how == wire::method::post ? post : what.method == "GET" || what.method == "HEAD";
  const bool open = what.route->who == wire::access::open;
  using shown = asked::shown;
  if (!open) {
    if (what.credential == shown::nothing || what.credential == shown::wrong) return 401;
    const bool changes = fits && post && what.route->who == wire::access::by_method;
    if (changes && what.credential == shown::read) return 403;
  }
  if (!fits) return 405;
  if (post && what.type != "application/json") return 415;
  return 0;  // through the gate: what the route itself says
}

/// Nobody may end the test's own supervisor, and a stream is no answer.
bool is_answered(const wire::route& route) { return route.id != wire::endpoint::stream; }

std::string path_of(const wire::route& route) {
  std::string path(route.path);
  if (const auto at = path.find("{name}"); at != path.npos) path.replace(at, 6, "db");
  return path;
}

class matrix {
 public:
  explicit matrix(running_server& on) : on_(on) {
    for (const char* role : {"read", "operate"}) {
      auto local = on.client();
      const auto code = boost::json::parse(
          local.post("/api/v1/codes", R"({"role":")" + std::string(role) + "\"}").body);
      auto client = on.tcp();
      const auto session = client.post(
          "/api/v1/session", R"({"code":")" + std::string(code.at("code").as_string()) + "\"}");
      (*role == 'r' ? read_ : operate_) =
          boost::json::parse(session.body).at("token").as_string().c_str();
    }
  }

  void check(const asked& what) {
    ++checked;
    const int wanted = expected(what);
    const int before = on_.on_loop([&] { return on_.backend.changes; });
    const int status = ask(what);
    BOOST_TEST_CONTEXT(what.method << ' ' << what.route->path << " host " << what.host << " origin "
                                   << what.origin << " site " << what.site << " type " << what.type
                                   << " credential " << static_cast<int>(what.credential)) {
      if (wanted != 0) {
        BOOST_TEST(status == wanted);
        BOOST_TEST(on_.on_loop([&] { return on_.backend.changes; }) == before);
        BOOST_TEST(on_.on_loop([&] { return on_.backend.ended; }) == "");
      } else {
        BOOST_TEST((status != 0 && status != 421 && status != 403 && status != 405 &&
                    status != 415 && status != 429));
        if (what.route->who != wire::access::open) BOOST_TEST(status != 401);
        on_.on_loop([&] { on_.backend.ended.clear(); });
      }
    }
  }

  int checked = 0;

 private:
  int ask(const asked& what) {
    auto client = on_.tcp();
    client.host = own(what.host, on_);
    using shown = asked::shown;
    if (what.credential == shown::wrong) client.token = "wrong";
    if (what.credential == shown::read) client.token = read_;
    if (what.credential == shown::operate) client.token = operate_;
    std::string fields;
    if (!what.origin.empty()) fields += "Origin: " + own(what.origin, on_) + "\r\n";
    if (!what.site.empty()) fields += "Sec-Fetch-Site: " + std::string(what.site) + "\r\n";
    if (!what.type.empty()) fields += "Content-Type: " + std::string(what.type) + "\r\n";
    return client.ask(what.method, path_of(*what.route), fields).status;
  }

  running_server& on_;
  std::string read_, operate_;
};

BOOST_AUTO_TEST_SUITE(gate_matrix)

// Every route with every credential, name, page, site, method and media type (S01, S02, S04, S21).
BOOST_AUTO_TEST_CASE(every_combination) {
  server_options how;
  how.failures = 1'000'000;
  running_server on(how);
  matrix all(on);
  using shown = asked::shown;
  for (const auto& route : wire::routes()) {
    if (!is_answered(route)) continue;
    for (const char* method : {"GET", "HEAD", "POST", "PUT"}) {
      for (const char* host : {"127.0.0.1:@", "evil.test:@"}) {
        for (const char* origin : {"", "http://127.0.0.1:@", "http://127.0.0.1:5000"}) {
          for (const char* site : {"", "same-origin", "same-site"}) {
            for (const char* type : {"", "application/json", "text/plain"}) {
              for (const auto credential :
                   {shown::nothing, shown::wrong, shown::read, shown::operate}) {
                all.check({&route, method, host, origin, site, type, credential});
              }
            }
          }
        }
      }
    }
  }
  BOOST_TEST(all.checked > 20'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
