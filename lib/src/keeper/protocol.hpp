#pragma once

#include <cstddef>
#include <cstdint>

/// What keeper and reactor say to each other: one `message` a packet of a Unix SOCK_SEQPACKET pair.
/// Both are one binary and one image, so that layout and byte order need no agreement.
namespace aurora::keeper {

/// The version of all that two programs have to agree on when one takes the place of the other: of
/// this file, and of what the keeper's memory looks like (loop.hpp). It changes with any of them.
constexpr int layout = 1;

/// What a descriptor is for. The keeper itself knows `process`, and `program`: what it is to be
/// replaced by, held under the number 0 and no name.
enum class kind : std::uint8_t { lock, log, process, socket, program };

/// What a descriptor is held under; all three together are the key. The number of a process is its
/// pid, its descriptor the pidfd.
struct held_key {
  static constexpr std::size_t longest_name = 80;
  std::int64_t number;
  kind what;
  std::uint8_t length;
  char name[longest_name];  ///< not terminated
};

/// A process that the keeper reaped: CLOCK_MONOTONIC, and the raw status of wait(2).
struct process_end {
  std::int64_t when_ns;
  std::int32_t pid;
  std::int32_t status;
};

/// A reactor of another program is on trial for its first seconds; where it does not pass, one of
/// the program before goes on: `gone_back`.
enum class standing : std::uint32_t { settled, on_trial, gone_back };

struct beginning {
  std::uint64_t generation;  ///< 0: the first reactor of this keeper
  std::int32_t keeper_pid;
  standing how;
};

enum class verb : std::uint32_t {
  hold,     ///< both ways: keys, each with its descriptor; replaces what was held under the key
  release,  ///< keys
  settled,  ///< pids whose end the reactor has dealt with: their statuses can go
  ready,    ///< the reactor has taken over: statuses of processes nobody registered can go
  leaving,  ///< the reactor is about to end for good, aurorad exits with `code`
  replace,  ///< the reactor is about to end: the next one is of the program that is held
  notify,   ///< text for $NOTIFY_SOCKET, sent by the keeper since that is systemd's main process
  ended,    ///< keeper: ends
  begin,    ///< keeper: all that was held and had ended before has been told
};

constexpr std::uint32_t most_keys = 32, most_ends = 128, most_pids = 128, most_text = 4000;

struct message {
  verb what;
  std::uint32_t count;  ///< of keys, ends, pids, or bytes of text; else 0
  union {
    held_key keys[most_keys];
    process_end ends[most_ends];
    std::int32_t pids[most_pids];
    char text[most_text];
    std::int32_t code;
    beginning begin;
  };
};

/// The bytes of a message by its verb and count; 0: there is no such message.
constexpr std::size_t size_of(const message& text) {
  const auto list = [&](std::uint32_t most, std::size_t each) {
    return text.count > 0 && text.count <= most ? offsetof(message, keys) + text.count * each : 0;
  };
  switch (text.what) {
    case verb::hold:
    case verb::release:
      return list(most_keys, sizeof(held_key));
    case verb::settled:
      return list(most_pids, sizeof(std::int32_t));
    case verb::ready:
    case verb::replace:
      return offsetof(message, keys);
    case verb::leaving:
      return offsetof(message, keys) + sizeof text.code;
    case verb::notify:
      return list(most_text, 1);
    case verb::ended:
      return list(most_ends, sizeof(process_end));
    case verb::begin:
      return offsetof(message, keys) + sizeof text.begin;
  }
  return 0;
}

}  // namespace aurora::keeper
