#include "store/checksum.hpp"

#include <zlib.h>

namespace aurora::store {

std::string checksum(std::string_view bytes) {
  auto sum = ::crc32_z(0, nullptr, 0);
  // The cast: zlib's bytes are unsigned.
  sum = ::crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  std::string digits(checksum_size, '0');
  for (auto at = digits.rbegin(); at != digits.rend(); ++at, sum >>= 4) {
    *at = "0123456789abcdef"[sum & 0xF];
  }
  return digits;
}

}  // namespace aurora::store
