#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The ways to have the daemon started at boot or login. Each knows its own lines again by the
/// configuration that they start, so that a change of its name is no matter.
namespace aurora::ctl {

/// What is to be started.
struct trigger {
  std::string name;       ///< of the stack, as a file may be called
  std::string config;     ///< absolute
  std::string state_dir;  ///< absolute; empty: by the rules
  std::string delay;      ///< "5s"
  std::string tool;       ///< aurorctl, absolute
  std::string daemon;     ///< aurorad, absolute
  std::string account;    ///< whose the configuration is, where root asks and it is not root's
};

/// What was done.
struct change {
  bool changed = false;
  std::string where;               ///< the file, or "the crontab"
  std::vector<std::string> notes;  ///< what is left to do, a line each
};

/// What is there.
struct sighting {
  bool enabled = false;
  std::string where;
  std::string note;  ///< why it is not, where something is there all the same
};

struct autostart_method {
  std::string_view name;
  std::string_view good_for;  ///< why it is chosen, where it can be used
  std::string (*missing)();   ///< why it cannot be used; empty: it can
  sighting (*look)(const std::string& config);
  change (*enable)(const trigger& what);  ///< throws `failure`
  change (*disable)(const std::string& config);
};

/// The best first.
extern const autostart_method systemd_method, cron_method, shell_method;

/// "aurorctl -c … autostart run --delay 5s": the words of it.
std::vector<std::string> run_words(const trigger& what);

}  // namespace aurora::ctl
