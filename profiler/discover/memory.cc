#include "profiler/discover/memory.h"

#include <sys/uio.h>

namespace redbee::profiler {

std::string Memory::text(uint64_t address, size_t size) const {
  std::string bytes(size, '\0');
  if (!read(address, bytes.data(), size)) return {};
  return bytes;
}

bool ProcessMemory::read(uint64_t address, void* to, size_t size) const {
  const iovec local{to, size};
  const iovec remote{reinterpret_cast<void*>(address), size};
  return process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace redbee::profiler
