#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "wire/gate.hpp"
#include "wire/request_gate.hpp"

namespace {

using namespace aurora::wire;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::size_t count(const std::string& in, std::string_view what) {
  std::size_t found = 0;
  for (auto at = in.find(what); at != in.npos; at = in.find(what, at + 1)) ++found;
  return found;
}

/// What passes has one reading, however it is split on its way.
void check_strictness(std::string_view bytes) {
  head_scanner whole;
  const auto fault = whole.scan(bytes);
  head_scanner split;
  std::optional<head_fault> split_fault;
  for (std::size_t size = 1; size <= bytes.size() && !split_fault && split.size() == 0; ++size) {
    split_fault = split.scan(bytes.substr(0, size));
  }
  require(fault.has_value() == split_fault.has_value(), "a split head is another head");
  require(whole.size() == split.size(), "a split head ends elsewhere");
  if (fault || whole.size() == 0) return;
  const auto head = bytes.substr(0, whole.size());
  require(head.ends_with("\r\n\r\n"), "a head ends with an empty line");
  if (check_head(head)) return;
  const auto text = lower(head);
  require(count(text, "\r\nhost:") <= 1, "two hosts");
  require(count(text, "\r\ntransfer-encoding:") <= 1, "two codings");
  require(count(text, "\r\ncontent-length:") <= 1, "two lengths");
  require(count(text, "\r\ntransfer-encoding:") + count(text, "\r\ncontent-length:") <= 1,
          "a length and a coding");
  require(text.find("\r\n ") == text.npos && text.find("\r\n\t") == text.npos, "a folded line");
  require(head.substr(head.find(' ') + 1).starts_with('/'), "a target that is no path");
}

/// The bytes cut into the fields of a request, a line each.
void check_gate(std::string_view bytes) {
  std::string_view fields[8];
  for (auto& field : fields) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    field = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  request_head head;
  head.method = fields[0];
  head.path = fields[1];
  head.host = fields[2];
  if (!fields[3].empty()) head.origin = fields[3];
  head.fetch_site = fields[4];
  head.fetch_mode = fields[5];
  head.content_type = fields[6];
  head.expect = fields[7];
  head.has_body = fields[7].empty();
  own_names names;
  names.hosts = loopback_hosts();
  names.port = 9090;
  names.further = {"ops.example"};
  const auto found = find_route(head.path);
  const auto refused = check_names(head, found, names);
  const auto host = lower(head.host);
  const bool plain = host == "127.0.0.1:9090" || host == "localhost:9090" || host == "[::1]:9090" ||
                     host == "ops.example" || host == "ops.example:9090";
  require(plain || (refused && refused->why.status == 421), "a foreign name passes");
  require(!refused || refused->closes, "a stranger may go on");
  const auto needed = needed_role(head, found);
  if (!found) require(needed == role::read, "what is no route is open");
  const auto form = check_form(head, found, entrance::tcp);
  if (form || head.method != "POST") return;
  require(lower(head.content_type).find("application/json") != std::string::npos,
          "a change that is no JSON");
  require(needed || found.post->id == endpoint::session, "a change that is open");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_strictness(bytes);
  check_gate(bytes);
  return 0;
}
