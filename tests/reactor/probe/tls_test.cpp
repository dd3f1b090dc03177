#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>
#include <boost/asio/ssl.hpp>
#include <boost/test/unit_test.hpp>

#include "scripted_server.hpp"

using namespace aurora;
using namespace aurora::test;
using namespace std::chrono_literals;
namespace ssl = boost::asio::ssl;

namespace {

using key_handle = std::shared_ptr<EVP_PKEY>;
using certificate = std::shared_ptr<X509>;

struct identity {
  key_handle key;
  certificate cert;
};

key_handle make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void extend(X509* cert, int id, const std::string& value) {
  auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  BOOST_TEST_REQUIRE(extension != nullptr);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Signed by `by`, or by itself; from now on for `days`, which may be in the past.
identity make_identity(const std::string& name, const std::string& names, int days,
                       const identity* by = nullptr) {
  static long serial = 1;
  identity made{make_key(), certificate(X509_new(), X509_free)};
  auto* cert = made.cert.get();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(cert), -30L * 24 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(cert), days * 24L * 3600);
  X509_set_pubkey(cert, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(cert, X509_get_subject_name(by != nullptr ? by->cert.get() : cert));
  if (names.empty()) extend(cert, NID_basic_constraints, "critical,CA:TRUE");
  if (!names.empty()) extend(cert, NID_subject_alt_name, names);
  X509_sign(cert, by != nullptr ? by->key.get() : made.key.get(), EVP_sha256());
  return made;
}

std::string to_pem(X509* cert) {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(out.get(), cert);
  char* bytes = nullptr;
  const auto length = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

/// The authority that this process trusts, in a file of its own.
struct trusted_authority {
  trusted_authority() : ca(make_identity("Aurora test CA", "", 30)) {
    path = std::filesystem::temp_directory_path() / fmt::format("aurora-ca-{}.pem", ::getpid());
    std::ofstream(path) << to_pem(ca.cert.get());
    ::setenv("SSL_CERT_FILE", path.c_str(), 1);
    ::setenv("SSL_CERT_DIR", "/nonexistent", 1);
  }
  ~trusted_authority() { std::filesystem::remove(path); }
  std::filesystem::path path;
  identity ca;
};

const identity& authority() {
  static const trusted_authority made;
  return made.ca;
}

asio::awaitable<void> answer_in_tls(tcp::socket& socket, ssl::context& context, std::string text) {
  ssl::stream<tcp::socket&> stream(socket, context);
  auto [ec] = co_await stream.async_handshake(ssl::stream_base::server, tok);
  if (ec) co_return;
  std::string bytes;
  auto buffer = asio::dynamic_buffer(bytes, 64 * 1024);
  co_await asio::async_read_until(stream, buffer, "\r\n\r\n", tok);
  co_await asio::async_write(stream, asio::buffer(text), tok);
}

/// Asks for a second handshake under `other` once the request has come, and answers after it.
asio::awaitable<void> renegotiate(tcp::socket& socket, ssl::context& context,
                                  const identity& other) {
  ssl::stream<tcp::socket&> stream(socket, context);
  auto [refused] = co_await stream.async_handshake(ssl::stream_base::server, tok);
  BOOST_TEST(!refused);
  std::string bytes;
  auto buffer = asio::dynamic_buffer(bytes, 64 * 1024);
  co_await asio::async_read_until(stream, buffer, "\r\n\r\n", tok);
  SSL* handle = stream.native_handle();
  SSL_use_certificate(handle, other.cert.get());
  SSL_use_PrivateKey(handle, other.key.get());
  BOOST_TEST(SSL_renegotiate(handle) == 1);
  auto [again] = co_await stream.async_handshake(ssl::stream_base::server, tok);
  // Reading is what carries the second handshake on, after the request to begin it was written.
  char byte = 0;
  if (!again) co_await stream.async_read_some(asio::buffer(&byte, 1), tok);
}

/// As a plain server that does not understand a TLS greeting.
asio::awaitable<void> refuse(tcp::socket& socket) {
  co_await send(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
  co_await until_closed(socket);
}

std::shared_ptr<ssl::context> server_context(const identity& who) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_use_certificate(context->native_handle(), who.cert.get());
  SSL_CTX_use_PrivateKey(context->native_handle(), who.key.get());
  return context;
}

scripted_server::script tls(std::shared_ptr<ssl::context> context) {
  return [context](tcp::socket& socket) {
    return answer_in_tls(socket, *context, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  };
}

/// What an https probe of a server with this certificate says.
std::string says(const identity& who, const std::string& host, bool verify = true,
                 const std::string& body = "") {
  authority();
  probing p;
  scripted_server server(p.loop, tls(server_context(who)));
  auto request = get(fmt::format("https://{}:{}/", host, server.port()));
  request.tls_verify = verify;
  request.body = body;
  return p.run(request).text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(https)

BOOST_AUTO_TEST_CASE(a_certificate_of_a_trusted_authority_is_accepted) {
  // By name and by address; the body is read through TLS too.
  const auto good = make_identity("web", "DNS:localhost,IP:127.0.0.1", 30, &authority());
  BOOST_TEST(says(good, "localhost").starts_with("HTTP 200 in "));
  BOOST_TEST(says(good, "127.0.0.1").starts_with("HTTP 200 in "));
  BOOST_TEST(says(good, "localhost", true, "^ok$").starts_with("HTTP 200 in "));
}

BOOST_AUTO_TEST_CASE(h05_each_bad_certificate_has_its_own_reason) {
  // Somebody has to fix it: which of the four it is must be seen without openssl.
  const auto expired = make_identity("web", "DNS:localhost", -1, &authority());
  BOOST_TEST(says(expired, "localhost").starts_with("certificate expired on 20"));
  const auto other = make_identity("web", "DNS:a.example,DNS:b.example", 30, &authority());
  BOOST_TEST(says(other, "localhost") ==
             "certificate is not for 'localhost' (it names 'a.example', 'b.example')");
  BOOST_TEST(says(other, "127.0.0.1").starts_with("certificate is not for '127.0.0.1'"));
  const auto self = make_identity("localhost", "DNS:localhost", 30);
  BOOST_TEST(says(self, "localhost") == "certificate is self-signed");
  const auto stranger = make_identity("Unknown CA", "", 30);
  const auto foreign = make_identity("web", "DNS:localhost", 30, &stranger);
  BOOST_TEST(says(foreign, "localhost") ==
             "certificate is of an authority that is not trusted here");
}

BOOST_AUTO_TEST_CASE(h05_verification_can_be_switched_off_for_one_probe) {
  // Every fault of above at once, accepted because it was asked for.
  const auto bad = make_identity("x", "DNS:a.example", -1);
  BOOST_TEST(says(bad, "localhost", false).starts_with("HTTP 200 in "));
}

BOOST_AUTO_TEST_CASE(h05_old_protocols_are_refused) {
  // TLS 1.1 is no encryption any more, whether verified or not.
  probing p;
  const auto good = make_identity("web", "DNS:localhost", 30, &authority());
  const auto context = server_context(good);
  SSL_CTX_set_security_level(context->native_handle(), 0);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context->native_handle(), TLS1_1_VERSION);
  scripted_server server(p.loop, tls(context));
  auto request = get(server.url("https"));
  request.tls_verify = false;
  BOOST_TEST(p.run(request).text == "the server does not offer TLS 1.2 or newer");
}

BOOST_AUTO_TEST_CASE(h05_plain_http_on_a_tls_port_and_the_reverse_are_told) {
  // The most common mistake of all, in both directions.
  probing p;
  scripted_server plain(p.loop, [](tcp::socket& socket) { return refuse(socket); });
  BOOST_TEST(p.run(get(plain.url("https"))).text ==
             "the server does not speak TLS here; use http://");
  const auto good = make_identity("web", "DNS:localhost", 30, &authority());
  scripted_server secure(p.loop, tls(server_context(good)));
  const auto outcome = p.run(get(secure.url("http")));
  BOOST_TEST(!outcome.healthy);
}

BOOST_AUTO_TEST_CASE(a_second_handshake_within_the_answer_is_refused) {
  // A server that shows a good certificate first and a bad one later gets no say in this process:
  // the probe fails, and nothing of its first handshake is touched again.
  probing p;
  const auto good = make_identity("web", "DNS:localhost,IP:127.0.0.1", 30, &authority());
  const auto bad = make_identity("web", "DNS:localhost", -1, &authority());
  const auto context = server_context(good);
  SSL_CTX_set_max_proto_version(context->native_handle(), TLS1_2_VERSION);
  static unsigned refusals;
  refusals = 0;
  SSL_CTX_set_info_callback(context->native_handle(), [](const SSL*, int where, int what) {
    if (where == SSL_CB_READ_ALERT && (what & 0xff) == SSL_AD_NO_RENEGOTIATION) ++refusals;
  });
  scripted_server server(p.loop,
                         [&](tcp::socket& socket) { return renegotiate(socket, *context, bad); });
  const auto outcome = p.run(get(server.url("https")));
  BOOST_TEST(!outcome.healthy);
  BOOST_TEST(outcome.text.find("certificate") == std::string::npos);
  BOOST_TEST(refusals == 1u);
}

BOOST_AUTO_TEST_CASE(a_handshake_that_hangs_ends_at_the_deadline) {
  // The deadline holds in every phase, and says in which.
  probing p;
  scripted_server server(p.loop, never_answers());
  BOOST_TEST(p.run(get(server.url("https")), 100ms).text ==
             "timed out after 100ms in the TLS handshake");
}

BOOST_AUTO_TEST_SUITE_END()
