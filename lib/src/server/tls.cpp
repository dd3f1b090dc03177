#include "server/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace aurora::server {
namespace {

namespace ssl = boost::asio::ssl;

/// Nobody is there to be asked for the pass phrase of a key.
int no_pass_phrase(char*, int, int, void*) { return 0; }

/// The first error that OpenSSL noted, and forgets the rest.
std::string last_words() {
  const auto error = ERR_get_error();
  ERR_clear_error();
  const char* words = ERR_reason_error_string(error);
  return words != nullptr ? words : "it is not what it should be";
}

tls_fault unusable(const char* what, const std::string& path) {
  if (!std::ifstream(path)) {
    const std::string words = std::strerror(errno);
    ERR_clear_error();
    return {std::string("cannot read ") + what + " '" + path + "': " + words};
  }
  return {std::string("cannot use ") + what + " '" + path + "': " + last_words()};
}

}  // namespace

boost::system::result<tls_context, tls_fault> make_tls(const tls_files& files) {
  tls_context made;
  try {
    made = std::make_shared<ssl::context>(ssl::context::tls_server);
  } catch (const boost::system::system_error& error) {
    return tls_fault{"cannot set TLS up: " + error.code().message()};
  }
  SSL_CTX* context = made->native_handle();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // an idle stream holds none
  SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return unusable("the certificate", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unusable("the key", files.key);
  }
  return made;
}

}  // namespace aurora::server
