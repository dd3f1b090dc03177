#pragma once

#include <cstddef>

#include <sys/mman.h>

namespace aurora::keeper {

/// `Count` zeroed values in memory mapped once: what is never touched costs no page.
template <class Value, std::size_t Count>
class mapped {
 public:
  /// False: no memory, and nothing may be touched.
  bool map() {
    void* area = ::mmap(nullptr, sizeof(Value) * Count, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    values_ = area == MAP_FAILED ? nullptr : static_cast<Value*>(area);
    return values_ != nullptr;
  }
  void unmap() { ::munmap(values_, sizeof(Value) * Count); }
  Value& operator[](std::size_t at) const { return values_[at]; }

 private:
  Value* values_ = nullptr;
};

}  // namespace aurora::keeper
