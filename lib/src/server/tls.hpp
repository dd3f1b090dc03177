#pragma once

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>
#include <boost/system/result.hpp>

#include <aurora/spec.hpp>

namespace aurora::server {

using tls_context = std::shared_ptr<boost::asio::ssl::context>;

struct tls_fault {
  std::string words;  ///< with the path
};

/// TLS 1.2 or newer with that certificate and key. Reads both; blocks.
boost::system::result<tls_context, tls_fault> make_tls(const tls_files& files);

}  // namespace aurora::server
