#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace aurora::config {

/// Whether the instance's own variables may stay open in a text.
enum class own_variables { open, refused };

struct interpolated {
  std::string text;     ///< `own_variables::open`: a `templated` text; else as it is meant
  std::string message;  ///< what is wrong; empty: nothing
  std::string hint;
};

/// What a name stands for, as a `templated` text (see `escape_dollars`). Nothing: it is not set.
using variable_lookup = std::function<std::optional<std::string>(std::string_view)>;

/// ${VAR}, ${VAR-d}, ${VAR:-d}, ${VAR?m}, ${VAR:?m}, ${VAR+r}, ${VAR:+r} and $$ as in compose; d, m
/// and r are interpolated in their turn. Other dollar signs stay as they are, so that a shell
/// command keeps its `$1`, `$?` and `$(…)`.
interpolated interpolate(std::string_view text, own_variables own, const variable_lookup& lookup);

/// Literal text as `templated` text: every dollar sign doubled.
std::string escape_dollars(std::string_view literal);

/// Whether a name is the instance's own: PORT, AURORA_SERVICE, AURORA_INSTANCE.
bool is_own_variable(std::string_view name);

/// Whether the own variable stays open in a `templated` text.
bool names_variable(std::string_view templated_text, std::string_view own_name);

}  // namespace aurora::config
