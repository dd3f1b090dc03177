#include "server/page.hpp"

#include <zlib.h>

#include <algorithm>
#include <optional>

namespace aurora::server {
namespace {

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::string_view next_of(std::string_view& list) {
  const auto comma = std::min(list.find(','), list.size());
  const auto item = trimmed(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return item;
}

/// "q=0", "q=0.000": not at all.
bool is_refused(std::string_view parameters) {
  const auto q = parameters.find("q=");
  if (q == parameters.npos) return false;
  return trimmed(parameters.substr(q + 2)).find_first_not_of("0.") == parameters.npos;
}

bool is_same(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    const auto item = next_of(if_none_match);
    if (item == etag || item == "*") return true;
  }
  return false;
}

std::optional<std::string> inflated(const page_file& file) {
  std::string out(file.size, '\0');
  z_stream state{};
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (::inflateInit2(&state, gzip_only) != Z_OK) return std::nullopt;
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.gzip.data()));
  state.avail_in = static_cast<uInt>(file.gzip.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  const int done = ::inflate(&state, Z_FINISH);
  ::inflateEnd(&state);
  if (done != Z_STREAM_END || state.avail_out != 0) return std::nullopt;
  return out;
}

reply no_such_file(std::string_view path, bool any) {
  problem fault;
  fault.status = 404;
  fault.type = "no-such-path";
  fault.title = any ? "the dashboard has no such file" : "this program has no dashboard";
  fault.detail = path;
  fault.hint = any ? "reload the page: it may be of another version"
                   : "it was built without; the API is there: GET /api/v1/openapi.json";
  return problem_reply(fault);
}

void add_headers(reply& to, const page_file& file) {
  const bool hashed = file.path != "/";
  to.fields = {{"ETag", std::string(file.etag)},
               {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"},
               {"Vary", "Accept-Encoding"},
               {"Content-Security-Policy", std::string(page_policy)},
               {"Referrer-Policy", "no-referrer"},
               {"Cross-Origin-Opener-Policy", "same-origin"},
               {"X-Frame-Options", "DENY"}};
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const auto item = next_of(accept_encoding);
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto name = trimmed(item.substr(0, semicolon));
    const bool taken = !is_refused(item.substr(semicolon));
    if (name == "gzip" || name == "x-gzip") return taken;
    if (name == "*") any = taken;
  }
  return any;
}

reply page_reply(std::span<const page_file> page, std::string_view path,
                 std::string_view accept_encoding, std::string_view if_none_match) {
  const auto is = [&](const page_file& each) { return each.path == path; };
  const auto file = std::find_if(page.begin(), page.end(), is);
  if (file == page.end()) return no_such_file(path, !page.empty());
  reply out;
  add_headers(out, *file);
  out.type = file->type;
  if (is_same(if_none_match, file->etag)) {
    out.status = 304;
    return out;
  }
  if (takes_gzip(accept_encoding)) {
    out.body = file->gzip;
    out.fields.emplace_back("Content-Encoding", "gzip");
    return out;
  }
  auto plain = inflated(*file);
  if (!plain) return problem_reply({500, "internal", "the embedded file is damaged", "", "", {}});
  out.body = std::move(*plain);
  return out;
}

}  // namespace aurora::server
