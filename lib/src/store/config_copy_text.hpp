#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "config/recorded_source.hpp"

/// A copy of a configuration as bytes: a first line "aurora-config VERSION", then counts as "N:"
/// and texts as "SIZE:BYTES", then the `checksum` of all that and a newline. Every version has the
/// first line and the checksum, so that a damaged copy is never taken for a newer one.
namespace aurora::store {

enum class copy_fault { damaged, newer };

std::string write_config_copy(const config::source_record& record);

/// Total on any bytes.
boost::system::result<config::source_record, copy_fault> parse_config_copy(std::string_view bytes);

}  // namespace aurora::store
