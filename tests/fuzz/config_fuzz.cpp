#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "config/fake_source.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

/// Whatever the bytes are: a verdict, and a place for each fault.
void check(const std::string& text) {
  using namespace aurora;
  test::fake_source source;
  source.environment = {{"A", "1"}, {"E", ""}};
  source.files["/srv/demo/.env"] = "B=2\n";
  // The text is an included file and an env file of itself as well.
  source.files["/srv/demo/i.json"] = text;
  source.files["/srv/demo/e.env"] = text;
  source.files["/srv/demo/r.json"] =
      R"({"include": ["i.json"], "env_files": ["e.env"], "services": {}})";
  for (const auto* path : {"/srv/demo/i.json", "/srv/demo/r.json"}) {
    const auto result = load_config(path, source);
    require(result.stack.has_value() == !has_errors(result.faults), "no stack, or an error");
    for (const auto& fault : result.faults) {
      require(!fault.message.empty(), "a fault has words");
      require(fault.at.line > 0 || result.faults.size() > 1000, "a fault has a place");
      require(!to_string(fault).empty(), "a fault can be told");
      caret(text, fault.at);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
