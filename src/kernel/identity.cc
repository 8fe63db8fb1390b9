#include "src/kernel/identity.h"

#include <elf.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <cstring>
#include <string_view>

#include "src/base/file.h"
#include "src/base/fnv1a.h"
#include "src/base/text.h"

namespace redbee {
namespace {

size_t round_up_4(size_t n) { return (n + 3) & ~size_t{3}; }

// The descriptor of the note (name, type) in a section of ELF notes.
std::string_view find_note(std::string_view notes, std::string_view name, uint32_t type) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    memcpy(&header, notes.data(), sizeof header);
    notes.remove_prefix(sizeof header);
    size_t name_bytes = round_up_4(header.n_namesz), desc_bytes = round_up_4(header.n_descsz);
    if (name_bytes > notes.size() || desc_bytes > notes.size() - name_bytes) break;
    std::string_view note_name = notes.substr(0, header.n_namesz ? header.n_namesz - 1 : 0);
    if (note_name == name && header.n_type == type) return notes.substr(name_bytes, header.n_descsz);
    notes.remove_prefix(name_bytes + desc_bytes);
  }
  return {};
}

}  // namespace

std::string kernel_build_id() {
  auto notes = read_file("/sys/kernel/notes");
  if (!notes) return "";
  std::string_view id = find_note(*notes, "GNU", NT_GNU_BUILD_ID);
  return hex(id.data(), id.size());
}

uint64_t btf_size(const std::string& path) {
  struct stat info;
  if (stat(path.empty() ? "/sys/kernel/btf/vmlinux" : path.c_str(), &info) < 0) return 0;
  return static_cast<uint64_t>(info.st_size);
}

std::string module_btf_hash(const std::string& module, const std::string& vmlinux_btf) {
  std::string vmlinux = vmlinux_btf.empty() ? "/sys/kernel/btf/vmlinux" : vmlinux_btf;
  size_t slash = vmlinux.rfind('/');
  std::string directory = slash == std::string::npos ? "." : vmlinux.substr(0, slash);
  for (const char* suffix : {"", ".btf"}) {
    auto btf = read_file(cat(directory, "/", module, suffix));
    if (btf) return fmt::format("{:016x}", fnv1a64(*btf));
  }
  return "";
}

std::string kernel_release() {
  utsname names;
  return uname(&names) == 0 ? names.release : "";
}

}  // namespace redbee
