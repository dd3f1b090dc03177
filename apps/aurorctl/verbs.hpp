#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The one table of verbs and flags. Parsing, help, completion and did-you-mean all read it, so
/// that they cannot part; a test holds the man page to it.
namespace aurora::ctl {

struct context;

struct flag {
  std::string_view name;     ///< "follow", given as --follow
  char letter = 0;           ///< 'f', given as -f; 0: none
  std::string_view value;    ///< what it takes, as help shows it: "N"; empty: a switch
  std::string_view help;     ///< one line
  std::string_view choices;  ///< the words it takes, separated by blanks; empty: anything
};

/// What the operands of a verb are, for completion.
enum class operand {
  none,
  services,
  service,
  service_and_signal,
  service_and_count,
  file,
  directory,
  shell,
  autostart_action,
  import_source,
  export_format,
  verb
};

struct verb {
  std::string_view name;
  std::string_view operands;  ///< "[SERVICE…]"
  std::string_view summary;   ///< one line
  std::string_view details;   ///< some lines more, wrapped by hand
  std::string_view example;   ///< a command line, and what it does
  std::vector<flag> flags;
  operand takes = operand::none;
  std::size_t least = 0;                            ///< operands
  std::size_t most = static_cast<std::size_t>(-1);  ///< operands
  int (*run)(context&) = nullptr;                   ///< returns the exit code; may throw `failure`
};

/// In the order of help. Hidden verbs, whose names begin with `__`, are not among them.
const std::vector<verb>& verbs();
const std::vector<flag>& global_flags();
/// Also finds hidden ones; nullptr: there is no such verb.
const verb* find_verb(std::string_view name);

}  // namespace aurora::ctl
