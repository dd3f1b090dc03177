#include "reactor/probe/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/probe/dial.hpp"
#include "reactor/task_scope.hpp"

namespace aurora::reactor {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;

namespace {

constexpr auto renewed_after = std::chrono::hours(1);

struct made_context {
  std::shared_ptr<ssl::context> context;
  std::string fault;
};

made_context make_context(tls_trust trust) {
  made_context made;
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    // What the handshake has judged stays so: no second certificate in the middle of an answer.
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
    if (trust == tls_trust::verify) {
      context->set_default_verify_paths();
      context->set_verify_mode(ssl::verify_peer);
    } else {
      context->set_verify_mode(ssl::verify_none);
    }
    made.context = std::move(context);
  } catch (const boost::system::system_error& error) {
    made.fault = fmt::format("cannot set TLS up: {}", error.code().message());
  }
  return made;
}

std::string day(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown day";
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

/// The names in a certificate, a few of them: "'a.example', 'b.example', …".
std::string names_of(X509* certificate) {
  constexpr int most = 3;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string text;
  for (int i = 0, told = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    if (told++ == most) {
      text += ", …";
      break;
    }
    text += fmt::format(
        "{}'{}'", told == 1 ? "" : ", ",
        std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))));
  }
  GENERAL_NAMES_free(names);
  return text.empty() ? "no host" : text;
}

std::string certificate_fault(X509_STORE_CTX* store, const std::string& host) {
  const int error = X509_STORE_CTX_get_error(store);
  X509* certificate = X509_STORE_CTX_get_current_cert(store);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("certificate expired on {}", day(X509_get0_notAfter(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("certificate is not valid before {}",
                         day(X509_get0_notBefore(certificate)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("certificate is not for '{}' (it names {})", host, names_of(certificate));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "certificate is self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "certificate is of an authority that is not trusted here";
    default:
      return fmt::format("certificate is not accepted: {}", X509_verify_cert_error_string(error));
  }
}

/// OpenSSL's verdict as it is; keeps the words of the first fault.
struct certificate_check {
  std::string host;
  std::shared_ptr<std::string> why;

  bool operator()(bool good, ssl::verify_context& context) const {
    if (!good && why->empty()) *why = certificate_fault(context.native_handle(), host);
    return good;
  }
};

std::string protocol_fault(const error_code& ec) {
  if (ec.category() != asio::error::get_ssl_category())
    return fmt::format("TLS handshake failed: {}", error_words(ec));
  switch (ERR_GET_REASON(static_cast<unsigned long>(ec.value()))) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return "the server does not speak TLS here; use http://";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "the server does not offer TLS 1.2 or newer";
    default:
      return fmt::format("TLS handshake failed: {}", error_words(ec));
  }
}

/// What the handshake is to check; false: OpenSSL had no memory for it.
bool expect(SSL* handle, const std::string& host) {
  error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  if (!not_numeric) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), host.c_str()) == 1;
  SSL_set_hostflags(handle, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SSL_set_tlsext_host_name is a macro with a cast that this code does not allow itself.
  return SSL_ctrl(handle, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1 &&
         SSL_set1_host(handle, host.c_str()) == 1;
}

}  // namespace

struct tls_contexts::slot {
  explicit slot(const asio::any_io_executor& executor)
      : ready(executor, asio::steady_timer::time_point::max()) {}
  made_context made;
  bool making = false;
  asio::steady_timer::time_point stale_at{};
  asio::steady_timer ready;
};

tls_contexts::tls_contexts(asio::any_io_executor executor, worker_pool& workers)
    : executor_(std::move(executor)), workers_(workers) {
  for (auto& each : slots_) each = std::make_shared<slot>(executor_);
}

tls_contexts::~tls_contexts() = default;

void tls_contexts::make(const std::shared_ptr<slot>& wanted, tls_trust trust) {
  wanted->making = true;
  workers_.run(
      executor_, [trust] { return make_context(trust); },
      [weak = std::weak_ptr(wanted)](made_context made) {
        const auto it = weak.lock();
        if (!it) return;
        it->made = std::move(made);
        it->making = false;
        it->stale_at = asio::steady_timer::clock_type::now() + renewed_after;
        it->ready.cancel();
      });
}

asio::awaitable<std::shared_ptr<ssl::context>> tls_contexts::get(tls_trust trust, deadline& limit,
                                                                 std::string& fault) {
  const auto it = slots_[trust == tls_trust::verify ? 0 : 1];
  if (limit.passed()) co_return nullptr;
  if (!it->making && asio::steady_timer::clock_type::now() >= it->stale_at) make(it, trust);
  // An old one serves until the new one is there.
  while (it->making && !it->made.context && !limit.passed()) {
    limit.cancels(it->ready);
    co_await it->ready.async_wait(tok);
    limit.cancels_nothing();
  }
  fault = it->made.fault;
  co_return it->made.context;
}

asio::awaitable<std::string> handshake(tls_stream& stream, std::string host, deadline& limit) {
  if (!expect(stream.native_handle(), host)) co_return std::string("TLS handshake: out of memory");
  // The callback stays in the stream longer than this coroutine lives, so the fault is its own too.
  const auto why = std::make_shared<std::string>();
  if (SSL_get_verify_mode(stream.native_handle()) != SSL_VERIFY_NONE) {
    error_code ignored;
    const certificate_check check{host, why};
    stream.set_verify_callback(check, ignored);
  }
  limit.cancels(stream.next_layer());
  auto [ec] = co_await stream.async_handshake(ssl::stream_base::client, tok);
  limit.cancels_nothing();
  if (ec && why->empty()) *why = protocol_fault(ec);
  if (!ec) why->clear();
  co_return std::move(*why);
}

}  // namespace aurora::reactor
