#pragma once

#include <string>

#include <boost/system/result.hpp>

#include "config/recorded_source.hpp"

namespace aurora::shell {

/// Keeps the text of the main file of the configuration that is in force in the state directory as
/// `config.good`, for `aurorctl rollback`: to be called before `next` takes its place, where the
/// stack is ready with it. One with the same text changes nothing: then there would be nothing to
/// go back to. `config_copy`: of the one in force. Blocks: for a worker. Error: words with the
/// path.
boost::system::result<void, std::string> keep_good_config(const std::string& config_copy,
                                                          const config::source_record& next);

}  // namespace aurora::shell
