#include "src/load/btf_target.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {
namespace {

constexpr const char* kBtfDirectory = "/sys/kernel/btf";

std::vector<std::string> module_names() {
  std::vector<std::string> names;
  DIR* dir = opendir(kBtfDirectory);
  if (!dir) return names;
  while (dirent* entry = readdir(dir)) {
    std::string name = entry->d_name;
    if (name[0] != '.' && name != "vmlinux") names.push_back(std::move(name));
  }
  closedir(dir);
  return names;
}

btf_header header_of(std::string_view bytes) {
  btf_header header{};
  if (bytes.size() >= sizeof header) memcpy(&header, bytes.data(), sizeof header);
  return header;
}

uint32_t string_bytes(std::string_view bytes) { return header_of(bytes).str_len; }

// The offset of a whole string in the string section of a BTF blob.
std::optional<uint32_t> find_string(std::string_view bytes, const std::string& name) {
  btf_header header = header_of(bytes);
  size_t start = size_t{header.hdr_len} + header.str_off;
  if (start > bytes.size()) return std::nullopt;
  std::string_view strings = bytes.substr(start, header.str_len);
  std::string whole = '\0' + name + '\0';
  void* found = memmem(strings.data(), strings.size(), whole.data(), whole.size());
  if (!found) return std::nullopt;
  return static_cast<uint32_t>(static_cast<const char*>(found) - strings.data()) + 1;
}

// The kernel's own copy of a module's BTF: a program that attaches there names it by descriptor.
Result<UniqueFd> open_module_btf(const std::string& module) {
  uint32_t id = 0;
  while (bpf_btf_get_next_id(id, &id) == 0) {
    UniqueFd fd(bpf_btf_get_fd_by_id(id));
    if (!fd.is_open()) continue;
    char name[64] = "";
    bpf_btf_info info{};
    info.name = reinterpret_cast<uintptr_t>(name);
    info.name_len = sizeof name;
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 && info.kernel_btf && module == name) return fd;
  }
  return fail(Errc::not_found, cat("BTF of module ", module, " is not loaded"));
}

}  // namespace

Status BtfTargets::open_kernel() {
  if (kernel_) return {};
  std::string path = cat(kBtfDirectory, "/vmlinux");
  if (access(path.c_str(), R_OK) < 0 && errno == ENOENT) {
    return fail(Errc::not_supported,
                "this kernel has no BTF (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF, Linux 5.4): use a kprobe "
                "or a raw tracepoint instead");
  }
  kernel_ = std::make_unique<Btf>(TRY(Btf::open(path)));
  return {};
}

// For one name a scan (0.5 ms) is cheaper than the index of all names that Btf would build (5 ms): find
// the text, which BTF holds once, then the type that is called so.
std::optional<uint32_t> BtfTargets::find_in(const Btf& btf, const KindInfo& kind, const std::string& name) const {
  auto text = find_string(btf.bytes(), name);
  if (!text) return std::nullopt;
  // Strings of a module's BTF are numbered behind those of its base.
  uint32_t offset = *text + (btf.base() ? string_bytes(btf.base()->bytes()) : 0);
  uint32_t wanted = kind.btf_is_typedef ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC;
  for (uint32_t id = btf.first_id(); id < btf.end_id(); id++) {
    const btf_type* type = btf.type(id);
    if (type->name_off == offset && Btf::kind(type) == wanted) return id;
  }
  return std::nullopt;
}

Result<std::optional<BtfTarget>> BtfTargets::find_in_modules(const KindInfo& kind, const std::string& name,
                                                             const std::string& only) const {
  for (const std::string& module : module_names()) {
    if (!only.empty() && module != only) continue;
    auto btf = Btf::open(cat(kBtfDirectory, "/", module), kernel_.get());
    if (!btf) continue;
    auto id = find_in(*btf, kind, name);
    if (id && *id >= btf->first_id()) {
      return std::optional<BtfTarget>(BtfTarget{*id, TRY(open_module_btf(module))});
    }
  }
  return std::optional<BtfTarget>();
}

Result<BtfTarget> BtfTargets::find(const KindInfo& kind, const std::string& target) {
  TRY(open_kernel());
  size_t colon = target.find(':');   // "nfs:nfs_file_read" is a module's
  std::string module = colon == std::string::npos ? "" : target.substr(0, colon);
  std::string name = kind.btf_prefix + (colon == std::string::npos ? target : target.substr(colon + 1));
  if (module.empty()) {
    if (auto id = find_in(*kernel_, kind, name)) return BtfTarget{*id, {}};
  }
  auto in_module = TRY(find_in_modules(kind, name, module));
  if (in_module) return std::move(*in_module);
  const char* what = kind.btf_is_typedef ? "type " : "function ";
  if (!module.empty()) {
    return fail(Errc::not_found, cat("no ", kind.name, " target ", target, ": module ", module,
                                     " is not loaded, has no BTF, or has no ", what, name));
  }
  return fail(Errc::not_found, cat("no ", kind.name, " target ", target, ": the kernel's BTF has no ", what, name));
}

}  // namespace redbee
