#include "reactor/logs/support.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "reactor/logs/gzip.hpp"
#include "reactor/logs/segments.hpp"

namespace aurora::test {

namespace fs = std::filesystem;

scratch::scratch() {
  auto pattern = (fs::temp_directory_path() / "aurora-logs-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make a folder for the test");
  root = pattern;
  fs::create_directory(logs());
  fs::create_directory(run());
}

scratch::~scratch() {
  std::error_code ignored;
  fs::remove_all(root, ignored);
}

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_all(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool exists(const std::string& path) { return fs::exists(fs::symlink_status(path)); }

std::string whole_log(const std::string& dir, const std::string& name) {
  std::string text;
  const auto found = reactor::logs::find_segments(dir, name);
  for (auto it = found.rbegin(); it != found.rend(); ++it) {
    const auto path = reactor::logs::segment_path(dir, name, *it);
    if (!it->packed) {
      text += read_all(path);
      continue;
    }
    const reactor::logs::descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    reactor::logs::gzip_source source(in.get());
    std::string content(reactor::logs::gzip_content_size(in.get()), '\0');
    content.resize(source.read_at(content.data(), content.size(), 0).done);
    text += content;
  }
  return text + read_all(dir + '/' + name + ".log");
}

std::vector<std::string> names_in(const std::string& dir) {
  std::vector<std::string> names;
  for (const auto& each : fs::directory_iterator(dir)) names.push_back(each.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::string numbered(std::uint64_t n) {
  auto body = fmt::format("{:08} {}", n, std::string(n * 7919 % 90, char('a' + n % 26)));
  std::uint32_t sum = 2166136261u;
  for (const unsigned char c : body) sum = (sum ^ c) * 16777619u;
  return fmt::format("{} {:08x}\n", body, sum);
}

std::string numbered(std::uint64_t first, std::uint64_t last) {
  std::string text;
  for (auto n = first; n <= last; ++n) text += numbered(n);
  return text;
}

std::string complaint(std::string_view text, std::uint64_t& first, std::uint64_t& last) {
  bool any = false;
  while (!text.empty()) {
    std::uint64_t n = 0;
    if (std::from_chars(text.data(), text.data() + std::min<std::size_t>(8, text.size()), n).ec !=
        std::errc())
      return fmt::format("no number at '{}'", text.substr(0, 40));
    if (any && n != last + 1) return fmt::format("{} follows {}", n, last);
    if (!any) first = n;
    any = true;
    last = n;
    const auto line = numbered(n);
    if (!text.starts_with(line)) return fmt::format("line {} is not whole", n);
    text.remove_prefix(line.size());
  }
  return any ? "" : "no line at all";
}

void put(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw std::runtime_error("cannot write to the pipe");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

logs_spec rotating(std::uint64_t max_size, unsigned keep, bool compress) {
  logs_spec spec;
  spec.max_size = byte_count{max_size};
  spec.keep = keep;
  spec.compress = compress;
  return spec;
}

hub_fixture::~hub_fixture() {
  stop();
  workers.join();
}

void hub_fixture::stop() {
  if (hub) await(loop, hub->stop());
  hub.reset();
}

void hub_fixture::make(const std::function<void(reactor::log_hub::options&)>& adjust) {
  stop();
  reactor::log_hub::options how;
  how.fifo_dir = dir.run();
  how.log_dir = dir.logs();
  how.on_fault = [this](const std::string& instance, const std::string& fault) {
    faults.push_back(instance + ": " + fault);
  };
  if (adjust) adjust(how);
  hub = std::make_unique<reactor::log_hub>(loop.get_executor(), workers, how);
  hub->start();
}

std::unique_ptr<reactor::log_channel> hub_fixture::open(const std::string& name,
                                                        const logs_spec& spec) {
  auto opened = hub->open(name, spec, {});
  if (!opened) throw std::runtime_error("cannot open the log: " + opened.error().message());
  return std::move(*opened);
}

}  // namespace aurora::test
