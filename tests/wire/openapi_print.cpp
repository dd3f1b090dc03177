#include <iostream>

#include "wire/openapi.hpp"
#include "wire/routes.hpp"

/// The document on the first line, then METHOD PATH of each route.
int main() {
  std::cout << aurora::wire::openapi_document("0.1.0") << '\n';
  for (const auto& route : aurora::wire::routes()) {
    std::cout << (route.how == aurora::wire::method::get ? "get" : "post") << ' ' << route.path
              << '\n';
  }
}
