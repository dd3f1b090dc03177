#pragma once

#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include <aurora/status.hpp>

namespace aurora::store {

/// What must outlive the daemon and the machine: what operators asked for.
struct saved_state {
  struct entry {
    std::string instance;
    desired_state desired = desired_state::up;
  };
  std::vector<entry> desired;
};

/// Why a state file is of no use. `damaged`: it holds no state; only then may another take its
/// place. `newer`: this version does not know how to read it. `unreadable`: the system's own words.
struct load_fault {
  enum class kind { damaged, newer, unreadable };
  kind what = kind::damaged;
  std::string words;  ///< with the path
};

/// Reads a state file. Missing: an empty state. Whatever is wrong with it, the file is left as it
/// is.
boost::system::result<saved_state, load_fault> load_state(const std::string& path);

/// Moves a damaged state file to `path`.damaged (over an older one), where somebody may look at it.
/// Returns: the new path. Error: words with the path.
boost::system::result<std::string, std::string> set_aside(const std::string& path);

/// Replaces it: a new file, synced, renamed over the old one, the directory synced. Blocks: not for
/// the loop. Error: words with the path; the old file then stands.
boost::system::result<void, std::string> save_state(const std::string& path,
                                                    const saved_state& state);

}  // namespace aurora::store
