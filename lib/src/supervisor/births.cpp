#include "supervisor/births.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include "reactor/child/unique_fd.hpp"

namespace aurora::shell {
namespace {

constexpr std::size_t most = 4096;  // launches of one turn, and then some
constexpr std::size_t bytes = most * sizeof(reactor::birth_note);

/// FNV-1a: of a marker, which names instance, number of the run and stack.
std::uint64_t hash(std::string_view text) {
  std::uint64_t sum = 14695981039346656037U;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return sum;
}

}  // namespace

births::births(const std::string& path) {
  const reactor::unique_fd file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  // With its blocks: a store into a hole of a full disk would be a SIGBUS.
  if (!file || ::posix_fallocate(file.get(), 0, bytes) != 0) return;
  void* const area = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (area == MAP_FAILED) return;
  notes_ = static_cast<reactor::birth_note*>(area);
  for (std::size_t i = 0; i < most; ++i)
    if (notes_[i].pid > 0) earlier_[notes_[i].run] = notes_[i];
  // The oldest are used again, and last those of services that began first and run on.
  while (next_ < most && notes_[next_].run != 0) ++next_;
}

births::~births() {
  if (notes_) ::munmap(notes_, bytes);
}

reactor::birth_note* births::place(std::string_view marker) {
  if (!notes_) return nullptr;
  reactor::birth_note& note = notes_[next_++ % most];
  note = {hash(marker)};
  return &note;
}

reactor::birth_note births::earlier(std::string_view marker) const {
  const auto found = earlier_.find(hash(marker));
  return found == earlier_.end() ? reactor::birth_note() : found->second;
}

}  // namespace aurora::shell
