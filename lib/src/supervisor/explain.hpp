#pragma once

#include <optional>
#include <string>
#include <vector>

#include <aurora/answers.hpp>

#include "core/events.hpp"
#include "supervisor/ports.hpp"

namespace aurora::shell {

class driver;

/// Why an instance is in the state it is in: the causes since it was last well (or last touched by
/// an operator), those of the dependencies it waits for before them, the rule that was applied and
/// what happens next.
explanation explain(driver& of, core::instance_id id);

/// What can only be had from files: the last lines that it printed, and who holds a port that it
/// may want. Blocks: for a worker.
struct background {
  std::vector<std::string> last_lines;
  std::optional<port_holder> holder;
};
struct background_question {
  std::string instance, log_dir, run_dir;
  std::optional<std::uint16_t> port;  ///< to be looked at
  bool separate_stderr = false;
};
background_question ask_background(driver& of, core::instance_id id);
background look_up(const background_question& question);
/// Adds it to the explanation.
void add(explanation& to, const background_question& question, background found);

}  // namespace aurora::shell
