#pragma once

#include <string>

#include <boost/system/result.hpp>

namespace aurora::shell {

/// The token of the TCP listener, made where there is none: 43 characters and a newline, readable
/// by us alone from its first instant. One that another user could have written or read, or that is
/// damaged, is not used. Error: words with the path and what to do. The state directory is ours and
/// locked.
struct token_fault {
  std::string words;
};
boost::system::result<std::string, token_fault> token_of(const std::string& path);

}  // namespace aurora::shell
