#pragma once

#include <string_view>

namespace aurora::wire {

/// The two forms in which metrics can be told.
enum class exposition {
  text,         ///< Prometheus text format 0.0.4
  openmetrics,  ///< OpenMetrics 1.0.0
};

/// What an `Accept` asks for: OpenMetrics 1.0 where it is named and preferred to plain text; else,
/// also where the field is absent or malformed, the text that everything can read.
exposition exposition_for(std::string_view accept);
/// The `Content-Type` of it.
std::string_view media_type(exposition how);

}  // namespace aurora::wire
