#include "profiler/discover/memory.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "src/base/text.h"

namespace redbee::profiler {

std::string Memory::text(uint64_t address, size_t size) const {
  std::string bytes(size, '\0');
  if (!read(address, bytes.data(), size)) return {};
  return bytes;
}

bool ProcessMemory::read(uint64_t address, void* to, size_t size) const {
  const iovec local{to, size};
  const iovec remote{reinterpret_cast<void*>(address), size};
  if (process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size)) return true;
  return errno == EFAULT && read_protected(address, to, size);
}

// While Ruby compacts its heap, pages that were emptied may not be read, and process_vm_readv keeps to
// that (gc.c, lock_page_body). /proc/PID/mem reads them all the same.
bool ProcessMemory::read_protected(uint64_t address, void* to, size_t size) const {
  if (address >> 47) return false;  // no user address
  if (!file_.is_open()) file_ = UniqueFd(open(cat("/proc/", pid_, "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  return pread(file_.get(), to, size, static_cast<off_t>(address)) == static_cast<ssize_t>(size);
}

}  // namespace redbee::profiler
