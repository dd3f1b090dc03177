#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "wire/fake_crypto.hpp"
#include "wire/requests.hpp"
#include "wire/sign_in.hpp"

namespace {

using namespace aurora;
using namespace aurora::wire;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

template <class T>
void must_be_told(const parsed<T>& result) {
  if (result) return;
  require(result.error().status == 400, "a fault of ours");
  require(!result.error().title.empty(), "a fault without words");
}

/// What a client of the stream or of the API says: taken as a whole, or refused with words. A text
/// that nobody made opens nothing.
void check(std::string_view text) {
  const auto message = parse_stream_request(text);
  must_be_told(message);
  if (message) require(message->lines <= 10'000 && message->logs.size() <= 10'000, "too much");
  must_be_told(parse_empty(text));
  must_be_told(parse_names(text));
  must_be_told(parse_signal(text));
  must_be_told(parse_scale(text));
  must_be_told(parse_code_for(text));
  must_be_told(parse_code(text));
  fake_crypto crypto;
  sign_in door(crypto, std::string(token_length, 'T'));
  const std::string token(bearer(text).value_or(text));
  if (token == std::string(token_length, 'T')) return;
  require(!door.who(token, instant{}, wall_time{}), "a stranger is known");
  require(!door.trade(token, instant{}, wall_time{}), "a code that nobody made");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check({reinterpret_cast<const char*>(data), size});
  return 0;
}
