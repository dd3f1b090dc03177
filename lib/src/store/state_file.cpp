#include "store/state_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace aurora::store {
namespace {

namespace json = boost::json;

constexpr std::int64_t format_version = 1;

template <class T>
using outcome = boost::system::result<T, std::string>;

std::string failed(const char* what, const std::string& path) {
  return std::string("cannot ") + what + " '" + path + "': " + std::strerror(errno);
}

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

outcome<void> write_synced(const std::string& path, const std::string& text) {
  const descriptor fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) return failed("open", path);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("write", path);
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(fd.get()) < 0) return failed("sync", path);
  return {};
}

outcome<void> sync_directory(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) < 0) return failed("sync", directory);
  return {};
}

using loaded = boost::system::result<saved_state, load_fault>;

load_fault damaged(const std::string& path, const char* how) {
  return {load_fault::kind::damaged, "the state file '" + path + "' is damaged: " + how};
}

loaded parse(const std::string& text, const std::string& path) {
  json::error_code fault;
  const json::value document = json::parse(text, fault);
  const auto* top = document.if_object();
  if (fault || !top) return damaged(path, "not a JSON object");
  const auto* version = top->if_contains("version");
  if (!version || !version->is_int64()) return damaged(path, "it has no version");
  if (version->get_int64() > format_version)
    return load_fault{load_fault::kind::newer,
                      "the state file '" + path +
                          "' was written by a newer version of Aurora: start that version, or "
                          "move the file away to forget what operators stopped"};
  saved_state state;
  const auto* desired = top->if_contains("desired");
  if (!desired || !desired->is_object()) return damaged(path, "it has no \"desired\"");
  for (const auto& [name, value] : desired->get_object()) {
    if (!value.is_string() || (value.get_string() != "up" && value.get_string() != "down"))
      return damaged(path, "a wish is neither up nor down");
    state.desired.push_back(
        {std::string(name), value.get_string() == "up" ? desired_state::up : desired_state::down});
  }
  return state;
}

}  // namespace

loaded load_state(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (errno == ENOENT) return saved_state{};
    return load_fault{load_fault::kind::unreadable, failed("read", path)};
  }
  in.peek();  // what cannot be read at all (a directory, a bad disk) shows here
  if (in.bad()) return load_fault{load_fault::kind::unreadable, failed("read", path)};
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad() || text.bad()) return load_fault{load_fault::kind::unreadable, failed("read", path)};
  return parse(text.str(), path);
}

outcome<std::string> set_aside(const std::string& path) {
  const std::string aside = path + ".damaged";
  if (::rename(path.c_str(), aside.c_str()) < 0)
    return {boost::system::in_place_error, failed("move away", path)};
  return {boost::system::in_place_value, aside};
}

outcome<void> save_state(const std::string& path, const saved_state& state) {
  json::object desired;
  for (const auto& [instance, wanted] : state.desired)
    desired[instance] = wanted == desired_state::up ? "up" : "down";
  json::object top;
  top["version"] = format_version;
  top["desired"] = std::move(desired);
  const std::string next = path + ".new";
  if (auto written = write_synced(next, json::serialize(top) + "\n"); !written) return written;
  if (::rename(next.c_str(), path.c_str()) < 0) return failed("replace", path);
  return sync_directory(path);
}

}  // namespace aurora::store
