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

/// Reads a state file. Missing: an empty state. Damaged or of a newer version: an error in words;
/// the file is left where it is, so that nothing is lost.
boost::system::result<saved_state, std::string> load_state(const std::string& path);

/// Replaces it: a new file, synced, renamed over the old one, the directory synced. Blocks: not for
/// the loop. Error: words with the path; the old file then stands.
boost::system::result<void, std::string> save_state(const std::string& path,
                                                    const saved_state& state);

}  // namespace aurora::store
