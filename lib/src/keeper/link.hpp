#pragma once

#include <cstdint>

#include "keeper/protocol.hpp"

namespace aurora::keeper {

enum class sending { done, full, refused, gone };  ///< refused: the kernel may take it later

/// Never blocks, never raises SIGPIPE. fds: of a hold, one a key; they stay the caller's.
sending send(int link, const message& what, const int* fds = nullptr);

enum class receiving { message, nothing, malformed, gone };

struct parcel {
  message what;
  int fds[most_keys];    ///< of the first keys of a hold; the caller's
  std::uint32_t fds_in;  ///< fewer than keys: this process may have no more descriptors
};

/// Takes one message; waits for it unless flags (of recvmsg(2)) have MSG_DONTWAIT. Nothing that is
/// malformed leaves a descriptor behind.
receiving receive(int link, parcel& into, int flags);

}  // namespace aurora::keeper
