#include "keeper/held_table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aurora::keeper {
namespace {

/// Of a process by its number alone, since that is what is reaped.
std::uint32_t hash(const held_key& key) {
  std::uint32_t sum = 2166136261U ^ static_cast<std::uint32_t>(key.number);
  for (std::size_t i = 0; key.what != kind::process && i < key.length; ++i)
    sum = (sum ^ static_cast<unsigned char>(key.name[i])) * 16777619U;
  return sum % held_table::most;
}

bool same_key(const held_key& one, const held_key& other) {
  return one.what == other.what && one.number == other.number && one.length == other.length &&
         std::memcmp(one.name, other.name, one.length) == 0;
}

bool same_process(const held& one, std::int32_t pid) {
  return one.key.what == kind::process && one.key.number == pid;
}

held_key process_key(std::int32_t pid) {
  held_key key{};
  key.number = pid;
  key.what = kind::process;
  return key;
}

/// Unknown (no pidfd, an old kernel) is not another.
bool is_another_child(int pidfd) {
  siginfo_t ended{};
  return ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 &&
         errno == ECHILD;
}

}  // namespace

bool has_ended(int pidfd) {
  pollfd state{pidfd, POLLIN, 0};
  return ::poll(&state, 1, 0) > 0;
}

/// The link that leads to the entry, or the 0 that ends its chain.
template <class Same>
std::uint32_t& held_table::find(const held_key& key, Same same) {
  std::uint32_t* link = &heads_[hash(key)];
  while (*link != 0 && !same(entries_[*link - 1])) link = &entries_[*link - 1].chain;
  return *link;
}

std::uint32_t& held_table::find(const held_key& key) {
  return find(key, [&](const held& one) { return same_key(one.key, key); });
}

void held_table::close() {
  for (int fd = 0; fd < end_; ++fd)
    if (entries_[fd].used) ::close(fd);
}

int held_table::descriptor(kind what) {
  const std::uint32_t link = find(held_key{0, what, 0, {}});
  return link != 0 ? entries_[link - 1].fd : -1;
}

held* held_table::hold(const held_key& key, int fd) {
  if (fd >= most || key.length > held_key::longest_name || key.what > kind::program) {
    ::close(fd);
    return nullptr;
  }
  held before{};
  if (const std::uint32_t link = find(key); link != 0 && has_ended(fd)) before = entries_[link - 1];
  release(key);
  std::uint32_t& head = heads_[hash(key)];
  entries_[fd] = held{key, before.end, fd, head, true, before.end_untold};
  untold_ends_ += before.end_untold;
  head = static_cast<std::uint32_t>(fd) + 1;
  end_ = std::max(end_, fd + 1);
  processes_ += key.what == kind::process;
  return &entries_[fd];
}

void held_table::release(const held_key& key) {
  if (key.length > held_key::longest_name) return;
  std::uint32_t& link = find(key);
  if (link == 0) return;
  held& one = entries_[link - 1];
  link = one.chain;
  ::close(one.fd);
  processes_ -= key.what == kind::process;
  untold_ends_ -= one.end_untold;
  one = held{};
}

held* held_table::find_child(std::int32_t pid) {
  const std::uint32_t link = find(process_key(pid), [pid](const held& one) {
    return same_process(one, pid) && !is_another_child(one.fd);
  });
  return link != 0 ? &entries_[link - 1] : nullptr;
}

void held_table::ended(held& process, const process_end& end) {
  untold_ends_ += !process.end_untold;
  process.end = end;
  process.end_untold = true;
}

void held_table::settled(std::int32_t pid) {
  const std::uint32_t link =
      find(process_key(pid), [pid](const held& one) { return one.end.pid == pid; });
  if (link == 0) return;
  untold_ends_ -= entries_[link - 1].end_untold;
  entries_[link - 1].end = process_end{};
  entries_[link - 1].end_untold = false;
}

void held_table::rewind() {
  next_ = 0;
  untold_ends_ = 0;
  for (int fd = 0; fd < end_; ++fd)
    untold_ends_ += entries_[fd].end_untold = entries_[fd].end.pid != 0;
}

std::uint32_t held_table::untold(held_key* keys, int* fds) const {
  std::uint32_t count = 0;
  for (int fd = next_; fd < end_ && count < most_keys; ++fd) {
    if (!entries_[fd].used) continue;
    keys[count] = entries_[fd].key;
    fds[count++] = fd;
  }
  return count;
}

std::uint32_t held_table::untold_ends(process_end* ends) const {
  std::uint32_t count = 0;
  for (int fd = 0; count < std::min(untold_ends_, most_ends); ++fd)
    if (entries_[fd].end_untold) ends[count++] = entries_[fd].end;
  return count;
}

void held_table::told_ends(std::uint32_t count) {
  untold_ends_ -= count;
  for (int fd = 0; count > 0; ++fd) count -= std::exchange(entries_[fd].end_untold, false);
}

}  // namespace aurora::keeper
