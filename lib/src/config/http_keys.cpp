#include "config/addresses.hpp"
#include "config/draft.hpp"

/// The keys of the TCP listener.
namespace aurora::config {
namespace {

using draft = stack_draft;

void set_listen(reader& in, const node& from, const key_info&, draft& to) {
  auto text = in.read_text(from, own_variables::refused, "an address");
  if (text) to.http_listen = std::move(*text);
  to.listen_at = text ? std::optional(from) : std::nullopt;
}

void set_path(reader& in, const node& from, std::string& to) {
  if (auto path = in.read_path(from)) to = std::move(*path);
}

void set_tls(reader& in, const node& from, const key_info&, draft& to) {
  tls_files files;
  apply(in, from, tls_section(), files);
  if (!from.is(json_kind::object)) return;
  const bool whole = !files.certificate.empty() && !files.key.empty();
  if (!whole) in.fault(from, "TLS takes both a certificate and its key");
  to.http_tls = std::move(files);
}

void set_hosts(reader& in, const node& from, const key_info&, draft& to) {
  to.http_hosts.clear();
  read_list(in, from, "a list of host names", [&](const node& item) {
    auto name = in.read_text(item, own_variables::refused, "the name of a host");
    if (!name) return;
    const auto wrong = check_host_name(*name);
    if (!wrong.message.empty()) return in.fault(item, wrong.message, wrong.hint);
    to.http_hosts.push_back(std::move(*name));
  });
}

}  // namespace

const section<tls_files>& tls_section() {
  constexpr std::string_view text = R"("type": "string", "minLength": 1)";
  static const section<tls_files> table(
      "tls", "TLS of the listener (1.2 or newer).",
      {special<tls_files>("certificate", "", text,
                          "File of the certificate and its chain, PEM, relative to the "
                          "configuration file.",
                          [](reader& in, const node& from, const key_info&, tls_files& to) {
                            set_path(in, from, to.certificate);
                          }),
       special<tls_files>("key", "", text, "File of its private key, PEM.",
                          [](reader& in, const node& from, const key_info&, tls_files& to) {
                            set_path(in, from, to.key);
                          })});
  return table;
}

const section<draft>& http_section() {
  static const section<draft> table(
      "http", "Dashboard, API and metrics.",
      {special<draft>(
           "listen", R"("127.0.0.1:9090")",
           R"("anyOf": [{"const": "off"}, {"type": "string", )"
           R"("pattern": ":[0-9]{1,5}$|\\$\\{"}])",
           "Address to listen on, \"off\" for none: an IP address or \"localhost\" with a "
           "port, 0 for a free one. What other machines can reach takes `tls`.",
           set_listen),
       {{.name = "tls",
         .type = value_type::object,
         .doc = "TLS of the listener (1.2 or newer).",
         .section = []() -> const section_info& { return tls_section(); }},
        set_tls},
       special<draft>("hosts", "[]", R"("type": "array", "items": {"type": "string"})",
                      "Further names it is asked for, by a proxy or from other machines: "
                      "\"ops.example\", with a port where it is another one.",
                      set_hosts)});
  return table;
}

void read_http(reader& in, const node& from, draft& to) {
  to.listen_at.reset();
  apply(in, from, http_section(), to);
  if (!to.listen_at) return;
  const auto how = to.http_tls ? transport::tls : transport::plain;
  const auto wrong = check_listen(to.http_listen, how);
  const reader::scope here(in, "listen");
  if (!wrong.message.empty()) in.fault(*to.listen_at, wrong.message, wrong.hint);
}

}  // namespace aurora::config
