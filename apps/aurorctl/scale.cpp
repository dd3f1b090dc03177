#include <fmt/format.h>

#include <charconv>

#include "handlers.hpp"
#include "operate.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

unsigned instances_from(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value > 0) return value;
  throw failure(exit_code::usage, "\"" + text + "\" is not a number of instances above zero",
                "to run none: `aurorctl stop SERVICE`");
}

}  // namespace

int verb_scale(context& c) {
  const std::string name = c.given.operands[0];
  const unsigned instances = instances_from(c.given.operands[1]);
  operation what;
  what.target = "/api/v1/services/" + url_encode(name) + "/scale";
  what.body = fmt::format("{{\"instances\":{}}}", instances);
  what.goal = aim::up;
  what.names = {name};
  what.stopped_is_fine = true;
  return operate(c, std::move(what), "running");
}

}  // namespace aurora::ctl
