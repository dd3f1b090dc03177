#include "server/data_handlers.hpp"

#include "wire/configuration.hpp"
#include "wire/exposition.hpp"
#include "wire/inspection.hpp"

namespace aurora::server {
namespace {

using boost::asio::awaitable;
using wire::endpoint;

awaitable<reply> metrics(backend& from, api_call call) {
  const auto how = wire::exposition_for(call.accept);
  auto asking = from.metrics(how);
  reply out;
  out.body = co_await std::move(asking);
  out.type = wire::media_type(how);
  co_return out;
}

template <class T>
reply reply_to(const answer<T>& result) {
  return result ? json_reply(200, wire::to_json(*result)) : problem_reply(result.error());
}

awaitable<reply> configuration(backend& from, api_call call) {
  auto asking = from.configuration_of(std::move(call.name));
  const auto result = co_await std::move(asking);
  co_return reply_to(result);
}

awaitable<reply> processes(backend& from, api_call call) {
  auto asking = from.processes(std::move(call.name));
  const auto result = co_await std::move(asking);
  co_return reply_to(result);
}

}  // namespace

awaitable<reply> answer_data(backend& from, api_call call) {
  switch (call.to->id) {
    case endpoint::metrics:
      co_return co_await metrics(from, std::move(call));
    case endpoint::configuration:
      co_return co_await configuration(from, std::move(call));
    case endpoint::processes:
      co_return co_await processes(from, std::move(call));
    case endpoint::probes:
      co_return reply_to(from.probes(call.name));
    case endpoint::usage:
      co_return reply_to(from.usage(call.name));
    default:
      co_return refusal(404, "there is no such path");
  }
}

}  // namespace aurora::server
