#include "reactor/keeper/outbox.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "keeper/link.hpp"

namespace aurora::reactor {

using keeper::message;
using keeper::verb;

outbox::letter& outbox::letter_for(verb what, std::uint32_t most) {
  if (queue_.empty() || queue_.back().text.what != what || queue_.back().text.count >= most) {
    letter& one = queue_.emplace_back();
    one.text.what = what;
    one.text.count = 0;
  }
  return queue_.back();
}

void outbox::hold(const keeper::held_key& key, int fd) {
  unique_fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) {
    // No descriptor left for the queue: the kernel takes its own copy of one that is sent at once.
    message text;
    text.what = verb::hold;
    text.count = 1;
    text.keys[0] = key;
    if (flush() == state::sent) keeper::send(link_, text, &fd);
    return;
  }
  letter& one = letter_for(verb::hold, keeper::most_keys);
  one.text.keys[one.text.count++] = key;
  one.fds.push_back(std::move(copy));
}

void outbox::release(const keeper::held_key& key) {
  message& text = letter_for(verb::release, keeper::most_keys).text;
  text.keys[text.count++] = key;
}

void outbox::settled(pid_t pid) {
  message& text = letter_for(verb::settled, keeper::most_pids).text;
  text.pids[text.count++] = pid;
}

void outbox::ready() { letter_for(verb::ready, 0); }

void outbox::leaving(int code) { letter_for(verb::leaving, 0).text.code = code; }

void outbox::replace() { letter_for(verb::replace, 0); }

void outbox::notify(std::string_view text) {
  if (text.empty()) return;
  message& one = letter_for(verb::notify, 0).text;
  one.count = static_cast<std::uint32_t>(std::min<std::size_t>(text.size(), keeper::most_text));
  std::memcpy(one.text, text.data(), one.count);
}

outbox::state outbox::flush() {
  while (!queue_.empty()) {
    const letter& first = queue_.front();
    int fds[keeper::most_keys];
    std::transform(first.fds.begin(), first.fds.end(), fds,
                   [](const unique_fd& fd) { return fd.get(); });
    switch (keeper::send(link_, first.text, fds)) {
      case keeper::sending::done:
        queue_.pop_front();
        break;
      case keeper::sending::full:
        return state::waiting;
      case keeper::sending::refused:
        return state::refused;
      case keeper::sending::gone:
        return state::gone;
    }
  }
  return state::sent;
}

}  // namespace aurora::reactor
