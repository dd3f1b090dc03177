#include "store/state_file.hpp"

#include <boost/json.hpp>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "store/atomic_file.hpp"

namespace aurora::store {
namespace {

namespace json = boost::json;

constexpr std::int64_t format_version = 1;

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
  return replace_file(path, json::serialize(top) + "\n", old_file::goes);
}

}  // namespace aurora::store
