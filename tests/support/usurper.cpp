// Passes for an aurorad in its self-test, and fails when it is to take over, as its first argument
// in the file USURPER beside the configuration says: "crash" at once, or "silent": it never gets
// ready. "refuse": it does not pass the test either.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <unistd.h>

namespace {

std::string read_mode() {
  const char* path = std::getenv("AURORA_USURPER");
  std::FILE* file = path ? std::fopen(path, "r") : nullptr;
  char text[32] = {};
  if (file) {
    std::fread(text, 1, sizeof text - 1, file);
    std::fclose(file);
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const auto mode = read_mode();
  if (argc > 1 && std::strcmp(argv[1], "--self-test") == 0) {
    if (mode == "refuse") {
      std::puts("aurorad: not with me");
      return 1;
    }
    std::puts("aurorad 9.9.9");
    return 0;
  }
  if (mode == "silent") ::pause();
  std::abort();
}
