#include <boost/test/unit_test.hpp>

#include "wire/outcome.hpp"
#include "wire/requests.hpp"

namespace {

using namespace aurora;
using namespace aurora::wire;

template <class T>
std::string detail(const parsed<T>& result) {
  return result ? "(accepted)" : result.error().detail;
}

BOOST_AUTO_TEST_SUITE(requests_suite)

// An absent body is an empty object; names come out in their order.
BOOST_AUTO_TEST_CASE(names) {
  BOOST_TEST(parse_names("").value().empty());
  BOOST_TEST(parse_names(" \r\n").value().empty());
  BOOST_TEST(parse_names("{}").value().empty());
  const auto two = parse_names(R"({"services": ["web", "db@2"]})");
  BOOST_REQUIRE(two.has_value());
  BOOST_TEST((*two == std::vector<std::string>{"web", "db@2"}));
}

// Every fault is a 400 that points to its place (A14).
BOOST_AUTO_TEST_CASE(pointers) {
  BOOST_TEST(detail(parse_names("[]")) == "/: must be an object");
  BOOST_TEST(detail(parse_names("null")) == "/: must be an object");
  BOOST_TEST(detail(parse_names(R"({"servces": []})")) == "/servces: unknown field");
  BOOST_TEST(detail(parse_names(R"({"a/b~c": 1})")) == "/a~1b~0c: unknown field");
  BOOST_TEST(detail(parse_names(R"({"services": "web"})")) == "/services: must be a list of names");
  BOOST_TEST(detail(parse_names(R"({"services": ["web", 1]})")) == "/services/1: must be a name");
  BOOST_TEST(detail(parse_empty(R"({"x": 1})")) == "/x: unknown field");
  BOOST_TEST(parse_names("{").error().status == 400);
  BOOST_TEST(parse_names("{} {}").error().title == "the request body is not JSON");
  BOOST_TEST(parse_names("{\"services\": [\"\xFF\"]}").error().status == 400);
  BOOST_TEST(parse_names(R"({"services": ["web"],})").error().status == 400);
}

// Nothing deeper than five levels is even parsed.
BOOST_AUTO_TEST_CASE(depth) {
  BOOST_TEST(parse_names(R"({"services": [[[[1]]]]})").error().detail ==
             "/services/0: must be a name");
  BOOST_TEST(parse_names(R"({"services": [[[[[1]]]]]})").error().title ==
             "the request body is too deep");
  BOOST_TEST(parse_names(std::string(100'000, '[')).error().title ==
             "the request body is too deep");
}

// A hint names the fields that are known.
BOOST_AUTO_TEST_CASE(hint) {
  BOOST_TEST(parse_names(R"({"service": []})").error().hint == "known: services");
}

// Signals go by name or number, and only those that exist.
BOOST_AUTO_TEST_CASE(signals) {
  BOOST_TEST(parse_signal(R"({"signal": "SIGHUP"})").value() == 1);
  BOOST_TEST(parse_signal(R"({"signal": "usr1"})").value() == 10);
  BOOST_TEST(parse_signal(R"({"signal": 15})").value() == 15);
  for (const char* body : {R"({})", R"({"signal": 0})", R"({"signal": 65})", R"({"signal": -9})",
                           R"({"signal": 15.0})", R"({"signal": "SIGNOPE"})", R"({"signal": null})",
                           R"({"signal": 18446744073709551615})"}) {
    BOOST_TEST_CONTEXT(body) {
      BOOST_TEST(parse_signal(body).has_error());
      BOOST_TEST(detail(parse_signal(body)).starts_with("/signal: "));
    }
  }
}

// Instances are whole numbers within what can be meant.
BOOST_AUTO_TEST_CASE(scale) {
  BOOST_TEST(parse_scale(R"({"instances": 3})").value() == 3u);
  for (const char* body :
       {R"({})", R"({"instances": 0})", R"({"instances": -1})", R"({"instances": 1001})",
        R"({"instances": 2.5})", R"({"instances": "3"})", R"({"instances": 1e3})"}) {
    BOOST_TEST_CONTEXT(body) { BOOST_TEST(parse_scale(body).has_error()); }
  }
}

// A stream client subscribes or unsubscribes, one thing a message.
BOOST_AUTO_TEST_CASE(stream) {
  const auto request = parse_stream_request(R"({"subscribe": {"logs": ["web"], "lines": 100}})");
  BOOST_REQUIRE(request.has_value());
  BOOST_TEST((request->what == stream_request::kind::subscribe));
  BOOST_TEST(request->logs.front() == "web");
  BOOST_TEST(request->lines == 100u);
  BOOST_TEST((parse_stream_request(R"({"unsubscribe": {"logs": ["web"]}})")->what ==
              stream_request::kind::unsubscribe));
  const auto resume =
      parse_stream_request(R"({"subscribe": {"logs": ["web"], "after": {"web@1": 17}}})");
  BOOST_REQUIRE(resume);
  BOOST_TEST(resume->after.at("web@1") == 17u);
  BOOST_TEST((request->of_logs && !request->usage && !request->probes && !request->batch));
  BOOST_TEST(parse_stream_request(R"({"subscribe": {"logs": ["web"], "batch": true}})")->batch);
  const auto all = parse_stream_request(R"({"subscribe": {}})");
  BOOST_TEST((all->of_logs && all->logs.empty() && !all->usage && !all->probes));
  const auto data = parse_stream_request(R"({"subscribe": {"usage": true, "probes": ["web"]}})");
  BOOST_REQUIRE(data);
  BOOST_TEST((!data->of_logs && data->usage && data->probes->size() == 1));
  const auto left = parse_stream_request(R"({"unsubscribe": {"probes": []}})");
  BOOST_TEST((!left->of_logs && !left->usage && left->probes->empty()));
  BOOST_TEST(detail(parse_stream_request(R"({"subscribe": {"after": {"web": -1}}})")) ==
             "/subscribe/after/web: must be a whole number that is not negative");
  BOOST_TEST(detail(parse_stream_request(R"({"subscribe": {"after": ["web"]}})")) ==
             "/subscribe/after: must be an object of offsets");
  BOOST_TEST(detail(parse_stream_request(R"({"subscribe": {"usage": 1}})")) ==
             "/subscribe/usage: must be true or false");
  BOOST_TEST(detail(parse_stream_request(R"({"subscribe": {"batch": []}})")) ==
             "/subscribe/batch: must be true or false");
  BOOST_TEST(detail(parse_stream_request("{}")).starts_with("/: "));
  BOOST_TEST(detail(parse_stream_request(R"({"subscribe": 1})")) ==
             "/subscribe: must be an object");
  BOOST_TEST(detail(parse_stream_request(R"({"subscribe": {"line": 1}})")) ==
             "/subscribe/line: unknown field");
  BOOST_TEST(detail(parse_stream_request(R"({"unsubscribe": {"lines": 1}})")) ==
             "/unsubscribe/lines: unknown field");
  BOOST_TEST(detail(parse_stream_request(R"({"subscribe": {"lines": 10001}})"))
                 .starts_with("/subscribe/lines: "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
