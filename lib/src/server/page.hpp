#pragma once

#include <span>
#include <string_view>

#include <aurora/page.hpp>

#include "server/connection.hpp"

namespace aurora::server {

/// What a browser may do with the dashboard: load its own files and talk to us, nothing else. No
/// inline script or style, no other host, no frame around it.
inline constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'";

/// A file of the dashboard. `path` as it was asked for; `accept_encoding` and `if_none_match` are
/// those fields. Gzipped as it is, or inflated for whom does not take that.
reply page_reply(std::span<const page_file> page, std::string_view path,
                 std::string_view accept_encoding, std::string_view if_none_match);

/// Whether the field lets gzip through: named, or "*", and not with q=0.
bool takes_gzip(std::string_view accept_encoding);

}  // namespace aurora::server
