#include <iostream>
#include <string_view>

#include "wire/metrics_sample.hpp"

/// metrics_print text|openmetrics
int main(int argc, char** argv) {
  using aurora::wire::exposition;
  const bool open = argc > 1 && std::string_view(argv[1]) == "openmetrics";
  std::cout << metrics_text(aurora::wire::sample_metrics(),
                            open ? exposition::openmetrics : exposition::text);
}
