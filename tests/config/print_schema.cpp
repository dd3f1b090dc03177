#include <cstdio>

#include <aurora/config.hpp>

/// Prints the schema of the configuration: `aurora_schema > etc/aurora.schema.json`.
int main() {
  const auto text = aurora::config_schema();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
