#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "client.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "launch.hpp"

namespace aurora::ctl {
namespace {

failure no_listener() {
  return {exit_code::failed, "the daemon listens on no port, so there is no dashboard to open",
          "`aurorctl status` tells why; http.listen in the configuration and --http choose the "
          "address"};
}

/// As it is reached from here, which the daemon behind a proxy or a tunnel cannot know.
std::string url_from_here(const endpoint& where, const json::value& answer) {
  std::string url = text_of(answer, "url");
  const auto fragment = url.find("/#");
  if (where.how == endpoint::kind::local || fragment == std::string::npos) return url;
  return where.base_url() + url.substr(fragment);
}

bool can_be_opened() {
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return is_set("BROWSER") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

/// A file of ours that leads to the URL: the command line of a browser can be read by every user of
/// the machine, and the code in the URL must not be.
std::string page_that_leads_to(const std::string& url) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  std::string path = runtime != nullptr && *runtime == '/' ? runtime : "/tmp";
  path += "/aurora-dashboard-XXXXXX.html";
  const int fd = ::mkostemps(path.data(), 5, O_CLOEXEC);  // 0600
  if (fd < 0) {
    throw failure(exit_code::failed, "cannot make '" + path + "': " + std::strerror(errno),
                  "try --print");
  }
  const std::string page =
      "<!doctype html><meta charset=\"utf-8\"><meta name=\"referrer\" "
      "content=\"no-referrer\"><meta http-equiv=\"refresh\" content=\"0;url=" +
      url + "\"><title>Aurora</title><a href=\"" + url + "\">Aurora</a>\n";
  const bool written = ::write(fd, page.data(), page.size()) == static_cast<ssize_t>(page.size());
  ::close(fd);
  if (written) return path;
  ::unlink(path.c_str());
  throw failure(exit_code::failed, "cannot write '" + path + "'", "try --print");
}

void open_or_print(context& c, const std::string& url) {
  if (c.given.has("print") || !can_be_opened()) {
    c.out.line(url);
    return;
  }
  const auto page = page_that_leads_to(url);
  if (open_in_browser(page)) {
    c.say("opened the dashboard in your browser; `aurorctl dashboard --print` prints its address");
    return;
  }
  ::unlink(page.c_str());
  c.out.line(url);
}

asio::awaitable<int> dashboard(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  const std::string role = c.given.value("role").value_or("operate");
  const std::string body = R"({"role":")" + role + "\"}";
  const auto answer = co_await api.post_json("/api/v1/codes", body);
  const auto url = url_from_here(api.where(), answer);
  if (url.empty()) throw no_listener();
  if (c.given.json) {
    c.out.line(to_text(answer));
  } else {
    open_or_print(c, url);
  }
  co_return 0;
}

}  // namespace

int verb_dashboard(context& c) { return run_on(c.io, dashboard(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl
