#pragma once

namespace aurora::shell {

/// Returns to the system what only the start of this process needed: free heap, and the pages of
/// program text and constants, which come back from the page cache as they are used again. Data is
/// left as it is, and so is text that was changed in memory. Costs about a millisecond; for a
/// process that is about to be at rest.
void give_back_start_up_memory() noexcept;

}  // namespace aurora::shell
