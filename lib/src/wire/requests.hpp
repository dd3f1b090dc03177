#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include <aurora/answers.hpp>

#include "wire/routes.hpp"

/// Bodies of requests and messages of stream clients, read strictly: an unknown field, a wrong
/// type, a depth beyond five or a value out of range is a 400 that names the place by its JSON
/// pointer (RFC 6901). A body that is empty counts as `{}`.
namespace aurora::wire {

template <class T>
using parsed = boost::system::result<T, problem>;

struct nothing {};
parsed<nothing> parse_empty(std::string_view body);

/// {"services": ["web", …]}; absent or empty: all.
parsed<std::vector<std::string>> parse_names(std::string_view body);

/// {"signal": "SIGUSR1"} or {"signal": 10}.  Returns: the number.
parsed<int> parse_signal(std::string_view body);

/// {"instances": 3}
parsed<unsigned> parse_scale(std::string_view body);

/// {"role": "read"}; absent: operate.
parsed<role> parse_code_for(std::string_view body);

/// {"code": "…"}
parsed<std::string> parse_code(std::string_view body);

/// What a client of the stream may say: {"subscribe": {"logs": ["web"], "lines": 100}}, with
/// "after": {"web": 4711} instead of "lines" to go on behind an offset, and "batch": true to get
/// what waits together as one message from now on; {"subscribe": {"usage": true}}; {"subscribe":
/// {"probes": ["web"]}}; {"unsubscribe": …} with the same names; and, first of all on TCP,
/// {"authenticate": {"token": "…"}}. A subscription that names none of them is one to all logs.
struct stream_request {
  enum class kind { subscribe, unsubscribe, authenticate };
  kind what = kind::subscribe;
  std::vector<std::string> logs;
  std::size_t lines = 0;                       ///< of history first; at most 10,000
  std::map<std::string, std::uint64_t> after;  ///< by instance: where its log was left
  bool of_logs = true;
  bool batch = false;
  bool usage = false;
  std::optional<std::vector<std::string>> probes;  ///< where they are asked for; empty: of all
  std::string token;
};
parsed<stream_request> parse_stream_request(std::string_view message);

}  // namespace aurora::wire
