#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include "reactor/child/marked.hpp"
#include "store/memory_text.hpp"
#include "store/newest_records.hpp"
#include "supervisor/state_dir.hpp"

namespace aurora::shell {

/// What an earlier daemon of this boot noted in its journal (store/state_journal.hpp).
struct left_behind {
  struct instance {
    std::string name;
    store::instance_memory memory;
    bool is_found = false;  ///< the journal does not know this run: a process told of it
  };
  std::string run_id;  ///< of that daemon; empty: there was none, or the machine was started since
  std::vector<instance> instances;
  std::map<std::string, unsigned> scaled;  ///< service: instances, where not the configuration's
  bool comes_back = false;                 ///< for a reactor that follows one which died
  bool is_old = false;                     ///< of an older generation: later wishes are not in it
  /// Where the journal is not sound: service to instances that live, by their names; and services
  /// of which there is one, without a number.
  std::map<std::string, unsigned> at_least;
  std::set<std::string> single;
  bool shutting_down = false;
  std::optional<int> shutdown_code;
  std::vector<store::record> records;  ///< all of it as it was read
  /// What carries the marker of a stack of this directory, as it was looked for; of others, too.
  std::vector<reactor::marked_process> marked;
  std::string fault;  ///< what could not be read, in words; empty: all was
};

/// Keys of the journal beside the instances' names, none of which begins like these.
inline constexpr std::string_view scaled_key = "@scaled:";
inline constexpr std::string_view shutdown_key = "@shutdown";

/// What the journal does not know, because it is damaged, cut short, lost, or could not be written,
/// the processes tell: by their AURORA_RUN, which says whose state directory they belong to, and
/// where they wrote over their environment, by the pipe that takes their output.
///
/// Blocks: for the start. Error: a journal that may not be replaced, or processes that cannot be
/// looked at, in words: whoever started over would start second copies of what runs.
boost::system::result<left_behind, std::string> look_behind(const state_paths& paths);

/// Its `spawn` was asked for and never answered.
bool awaits_process(const core::remembered& memory);

/// Of the kernel that runs. Error: words; without it nothing can be taken over.
boost::system::result<std::string, std::string> boot_id();

}  // namespace aurora::shell
