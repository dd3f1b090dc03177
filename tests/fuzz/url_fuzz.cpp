#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "wire/routes.hpp"
#include "wire/times.hpp"

namespace {

using namespace aurora::wire;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

/// Whatever the target is: at most one route a method, its name decoded, and a query that holds
/// only what the route knows.
void check(std::string_view text) {
  const auto [path, rest] = split_target(text);
  require(path.size() + rest.size() <= text.size(), "more than there was");
  const auto found = find_route(path);
  for (const route* to : {found.get, found.post}) {
    if (to == nullptr) continue;
    const bool named = to->path.find("{name}") != std::string_view::npos;
    require(named || to->path == path, "another path");
    require(!named || !found.name.empty(), "a name that is empty");
    const auto asked = query::parse(*to, rest);
    if (!asked) {
      require(asked.error().status == 400, "a fault of ours");
      continue;
    }
    for (const auto& each : to->query) {
      asked->flag(each.name);
      const auto number = asked->number(each.name, 7, 1000);
      require(!number || *number <= 1000, "a number beyond its limit");
      parse_duration(asked->text(each.name));
      parse_since(asked->text(each.name));
    }
  }
  for (const auto how : {decoding::path, decoding::form}) {
    const auto decoded = percent_decode(text, how);
    if (decoded) require(decoded->size() <= text.size(), "decoding makes more");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check({reinterpret_cast<const char*>(data), size});
  return 0;
}
