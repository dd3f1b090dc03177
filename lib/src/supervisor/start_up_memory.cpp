#include "supervisor/start_up_memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace aurora::shell {
namespace {

/// Whether the loader wrote into its text: those pages are not what is in the file.
bool has_relocated_text(const dl_phdr_info& object) {
  for (int n = 0; n < object.dlpi_phnum; ++n) {
    const auto& part = object.dlpi_phdr[n];
    if (part.p_type != PT_DYNAMIC) continue;
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + part.p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_TEXTREL) return true;
      if (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0) return true;
    }
  }
  return false;
}

using ranges = std::vector<std::pair<std::uintptr_t, std::size_t>>;

int add_text_of(dl_phdr_info* object, std::size_t, void* to) {
  if (has_relocated_text(*object)) return 0;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int n = 0; n < object->dlpi_phnum; ++n) {
    const auto& part = object->dlpi_phdr[n];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + part.p_vaddr) / page * page;
    const std::uintptr_t end = object->dlpi_addr + part.p_vaddr + part.p_memsz;
    static_cast<ranges*>(to)->emplace_back(begin, end - begin);
  }
  return 0;
}

}  // namespace

void give_back_start_up_memory() {
  // All first: what tells of the parts lies in them.
  ranges text;
  ::dl_iterate_phdr(add_text_of, &text);
  ::malloc_trim(0);
  // Locked memory stays: that is an error here, and what its owner wants.
  for (const auto& [begin, size] : text)
    ::madvise(reinterpret_cast<void*>(begin), size, MADV_DONTNEED);
}

}  // namespace aurora::shell
