#include "server/data_handlers.hpp"

#include "wire/exposition.hpp"

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

}  // namespace

awaitable<reply> answer_data(backend& from, api_call call) {
  switch (call.to->id) {
    case endpoint::metrics:
      co_return co_await metrics(from, std::move(call));
    default:
      co_return refusal(404, "there is no such path");
  }
}

}  // namespace aurora::server
