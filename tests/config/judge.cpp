#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "config/fake_source.hpp"

/// Reads configurations from standard input, each ended by a NUL byte, and prints a line for each:
/// "taken", or the first fault. The sample's surroundings are there.
int main(int argc, char**) {
  if (argc > 1) {
    std::cout << aurora::test::full_sample;
    return 0;
  }
  aurora::test::fake_source source;
  source.files["/srv/demo/.env"] = "A=b\n";
  source.files["/srv/demo/conf.d/db.json"] = R"({"services": {"db": {"command": ["db"]}}})";
  std::string text;
  while (std::getline(std::cin, text, '\0')) {
    const auto result = aurora::test::load(text, source);
    std::cout << (result.stack ? "taken\n" : to_string(result.faults.front()) + "\n");
  }
}
