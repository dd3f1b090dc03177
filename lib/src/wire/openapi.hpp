#pragma once

#include <string>
#include <string_view>

namespace aurora::wire {

/// The OpenAPI 3.1 description of the API, generated from the route table. `version`: ours.
std::string openapi_document(std::string_view version);

}  // namespace aurora::wire
