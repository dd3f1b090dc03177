#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/system/result.hpp>

/// Several files that take their places together, whatever dies in between: what is to be renamed
/// is written down beside the configuration first, and whoever reads that, takes the steps that are
/// left before it believes a file. All of it blocks.
namespace aurora {

/// A rename, or where `to` is empty a removal: nothing is left to do once `from` is gone. Absolute.
struct restore_step {
  std::string from, to;
};

/// Where they are written down: ".CONFIG.restoring", beside the file behind symbolic links.
std::string restore_steps_of(const std::string& config);

/// Writes them down, synced: from now on they are taken, by whomever. What they rename is synced
/// by the caller before. Error: words with the path; nothing will be done then.
boost::system::result<void, std::string> begin_restore(const std::string& config,
                                                       const std::vector<restore_step>& steps);

/// Takes the steps that are left, syncs the directories and forgets them. Any number of processes
/// may do so at once. Returns: whether there were any. Error: words with the path; what was written
/// down stays, and no file of the configuration should be believed.
boost::system::result<bool, std::string> finish_restore(const std::string& config);

}  // namespace aurora
