#include "server/session.hpp"

namespace aurora::server {
namespace {

instant monotonic_now() { return instant(std::chrono::steady_clock::now().time_since_epoch()); }

wall_time wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

bool doorway::limited() const { return with_.door.limits().limited(monotonic_now()); }

duration doorway::wait() const { return with_.door.limits().wait(monotonic_now()); }

std::optional<wire::identity> doorway::who(std::string_view token) {
  if (limited()) return std::nullopt;
  auto found = with_.door.who(token, monotonic_now(), wall_now());
  if (!found) tell_refused("a token that is not valid");
  return found;
}

bool doorway::is_over(const wire::identity& who) { return who.until && *who.until <= wall_now(); }

std::optional<wire::sign_in::traded> doorway::trade(std::string_view code) {
  if (limited()) return std::nullopt;
  auto made = with_.door.trade(code, monotonic_now(), wall_now());
  if (!made) tell_refused("a code that is not valid (any more)");
  return made;
}

std::string doorway::make_code(wire::role may) {
  return with_.door.make_code(may, monotonic_now());
}

std::string doorway::name(const wire::identity& who) const {
  if (from_.where == wire::entrance::local) return from_.shown;
  return who.shown + " from " + from_.shown;
}

void doorway::tell_refused(std::string_view what) const {
  std::string line = "sign-in refused: " + from_.shown + " showed " + std::string(what);
  if (limited()) {
    line += "; after " + std::to_string(with_.options.failures) +
            " within a minute none is looked at for a while";
  }
  with_.answers.audit(backend::audit_kind::refused, line);
}

}  // namespace aurora::server
