#include "reactor/logs/gzip.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include <sys/stat.h>
#include <zlib.h>

namespace aurora::reactor::logs {
namespace {

constexpr std::size_t chunk = 128 << 10;
constexpr int with_gzip_header = 15 + 16;  // zlib: the largest window, and a gzip header around it

Bytef* bytes_of(char* text) { return reinterpret_cast<Bytef*>(text); }

struct deflater {
  z_stream z{};
  bool ready = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, with_gzip_header, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK;
  deflater() = default;
  deflater(const deflater&) = delete;
  deflater& operator=(const deflater&) = delete;
  ~deflater() { deflateEnd(&z); }
};

// Packs what is in z.next_in; 0 or an errno value.
int pack(z_stream& z, int flush, std::vector<char>& space, int out) {
  do {
    z.next_out = bytes_of(space.data());
    z.avail_out = static_cast<uInt>(space.size());
    if (deflate(&z, flush) == Z_STREAM_ERROR) return EIO;
    const auto wrote = write_all(out, {space.data(), space.size() - z.avail_out});
    if (wrote.error) return wrote.error;
  } while (z.avail_out == 0);
  return 0;
}

std::uint64_t file_size(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && info.st_size > 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

struct trailer {
  std::uint32_t checksum = 0;
  std::uint32_t size = 0;
  bool there = false;
};

trailer read_trailer(int packed) {
  std::array<char, 2> magic{};
  std::array<unsigned char, 8> tail{};
  const auto size = file_size(packed);
  trailer result;
  if (size < 18 || read_at(packed, magic.data(), 2, 0).done != 2 || magic[0] != '\x1f' ||
      magic[1] != '\x8b')
    return result;
  if (read_at(packed, reinterpret_cast<char*>(tail.data()), 8, size - 8).done != 8) return result;
  for (std::size_t i = 4; i-- > 0;) {
    result.checksum = result.checksum << 8 | tail[i];
    result.size = result.size << 8 | tail[i + 4];
  }
  result.there = true;
  return result;
}

}  // namespace

int gzip_copy(int in, int out, const std::atomic<bool>& stop) {
  deflater packer;
  if (!packer.ready) return ENOMEM;
  std::vector<char> from(chunk), to(chunk);
  for (std::uint64_t position = 0;;) {
    if (stop.load(std::memory_order_relaxed)) return ECANCELED;
    const auto got = read_at(in, from.data(), from.size(), position);
    if (got.error) return got.error;
    position += got.done;
    packer.z.next_in = bytes_of(from.data());
    packer.z.avail_in = static_cast<uInt>(got.done);
    const bool end = got.done < from.size();
    if (const int error = pack(packer.z, end ? Z_FINISH : Z_NO_FLUSH, to, out)) return error;
    if (end) return 0;
  }
}

std::uint64_t gzip_content_size(int packed) { return read_trailer(packed).size; }

bool gzip_matches(int plain, int packed) {
  const auto end = read_trailer(packed);
  if (!end.there || static_cast<std::uint32_t>(file_size(plain)) != end.size) return false;
  std::vector<char> from(chunk);
  auto sum = crc32(0, nullptr, 0);
  for (std::uint64_t position = 0;;) {
    const auto got = read_at(plain, from.data(), from.size(), position);
    if (got.error) return false;
    sum = crc32(sum, bytes_of(from.data()), static_cast<uInt>(got.done));
    position += got.done;
    if (got.done < from.size()) return sum == end.checksum;
  }
}

struct gzip_source::state {
  explicit state(int fd) : packed(fd), in(chunk) { ready = inflateInit2(&z, 15 + 16) == Z_OK; }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() { inflateEnd(&z); }

  void rewind() {
    inflateReset(&z);
    z.avail_in = 0;
    taken = position = 0;
    ended = false;
  }

  // Unpacks up to `most` bytes on from where it stands.
  transfer go_on(char* into, std::size_t most) {
    transfer result;
    z.next_out = bytes_of(into);
    z.avail_out = static_cast<uInt>(most);
    while (z.avail_out > 0 && !ended && result.error == 0) {
      if (z.avail_in == 0) refill(result);
      if (z.avail_in == 0) break;
      const int outcome = inflate(&z, Z_NO_FLUSH);
      if (outcome == Z_STREAM_END) {
        ended = true;
      } else if (outcome != Z_OK) {
        result.error = EIO;
      }
    }
    result.done = most - z.avail_out;
    position += result.done;
    return result;
  }

  void refill(transfer& result) {
    const auto got = logs::read_at(packed, in.data(), in.size(), taken);
    result.error = got.error;
    taken += got.done;
    z.next_in = bytes_of(in.data());
    z.avail_in = static_cast<uInt>(got.done);
  }

  int packed;
  z_stream z{};
  std::vector<char> in;
  std::uint64_t taken = 0;     // of the packed file
  std::uint64_t position = 0;  // of its content
  bool ready = false, ended = false;
};

gzip_source::gzip_source(int packed) : state_(std::make_unique<state>(packed)) {}
gzip_source::~gzip_source() = default;
gzip_source::gzip_source(gzip_source&&) noexcept = default;
gzip_source& gzip_source::operator=(gzip_source&&) noexcept = default;

transfer gzip_source::read_at(char* into, std::size_t most, std::uint64_t position) {
  if (!state_->ready) return {0, ENOMEM};
  if (position < state_->position) state_->rewind();
  std::vector<char> waste;
  while (state_->position < position) {
    waste.resize(chunk);
    const auto skip = std::min<std::uint64_t>(chunk, position - state_->position);
    const auto got = state_->go_on(waste.data(), static_cast<std::size_t>(skip));
    if (got.error || got.done == 0) return {0, got.error};
  }
  return state_->go_on(into, most);
}

}  // namespace aurora::reactor::logs
