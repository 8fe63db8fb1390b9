#include "src/cc/kernel_target.h"

#include <dirent.h>
#include <elf.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::cc {
namespace {

constexpr const char* kRunningBtf = "/sys/kernel/btf/vmlinux";
constexpr const char* kTracefs[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

std::string find_tracefs() {
  for (const char* path : kTracefs)
    if (::access(cat(path, "/events").c_str(), R_OK) == 0) return path;
  return kTracefs[0];
}

std::string running_release() {
  utsname names;
  return ::uname(&names) == 0 ? names.release : "";
}

// The NT_GNU_BUILD_ID note of /sys/kernel/notes, in hex.
std::string running_build_id() {
  Result<std::string> notes = read_file("/sys/kernel/notes");
  if (!notes) return "";
  auto align = [](size_t n) { return (n + 3) & ~size_t{3}; };
  for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= notes->size();) {
    Elf64_Nhdr header;
    std::memcpy(&header, notes->data() + at, sizeof header);
    const size_t name = at + sizeof header, data = name + align(header.n_namesz);
    if (data + header.n_descsz > notes->size()) break;
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
        std::memcmp(notes->data() + name, "GNU", 4) == 0)
      return hex(notes->data() + data, header.n_descsz);
    at = data + align(header.n_descsz);
  }
  return "";
}

std::string read_gzip_or_plain(const std::string& path) {
  std::string text;
  gzFile file = ::gzopen(path.c_str(), "rbe");
  if (!file) return text;
  char buffer[65536];
  for (int n; (n = ::gzread(file, buffer, sizeof buffer)) > 0;) text.append(buffer, n);
  ::gzclose(file);
  return text;
}

std::set<std::string_view> config_names(std::string_view text) {
  std::set<std::string_view> names;
  for (size_t at = 0; (at = text.find("CONFIG_", at)) != text.npos;) {
    size_t end = at;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
    names.insert(text.substr(at, end - at));
    at = end;
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<KernelTarget>> KernelTarget::open(const KernelPaths& paths) {
  const bool is_running = paths.btf.empty();
  const std::string btf_path = is_running ? kRunningBtf : paths.btf;
  Result<Btf> btf = Btf::open(btf_path);
  if (!btf) {
    Error error = std::move(btf).error();
    if (is_running && error.code == Errc::not_found)
      error = Error{Errc::not_supported,
                    cat("this kernel has no BTF at ", btf_path,
                        " (CONFIG_DEBUG_INFO_BTF): give another file with --btf"),
                    error.sys_errno,
                    {}};
    return fail(std::move(error));
  }
  std::unique_ptr<KernelTarget> target(new KernelTarget(std::move(*btf)));
  target->is_running_ = is_running;
  target->btf_path_ = btf_path;
  target->tracefs_ = paths.tracefs.empty() ? find_tracefs() : paths.tracefs;
  target->release_ = paths.release.empty() ? running_release() : paths.release;
  if (is_running) target->build_id_ = running_build_id();
  return target;
}

const std::vector<KernelTarget::Module>& KernelTarget::modules() {
  if (modules_are_read_) return modules_;
  modules_are_read_ = true;
  const std::filesystem::path vmlinux(btf_path_);
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(vmlinux.parent_path(), error))
    if (entry.path() != vmlinux) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    Result<Btf> module = Btf::open(path.string(), &btf_);
    if (!module) continue;  // another file in the directory, or a module of another kernel
    module_btfs_.push_back(std::make_unique<Btf>(std::move(*module)));
    modules_.push_back({path.stem().string(), module_btfs_.back().get()});
  }
  return modules_;
}

std::optional<std::string> KernelTarget::tracepoint_format(const std::string& category,
                                                           const std::string& event) const {
  Result<std::string> text = read_file(cat(tracefs_, "/events/", category, "/", event, "/format"));
  if (!text) return std::nullopt;
  return std::move(*text);
}

bool KernelTarget::can_read_tracepoints() const {
  return ::access(cat(tracefs_, "/events").c_str(), R_OK | X_OK) == 0;
}

uint32_t KernelTarget::version_code() const {
  unsigned major = 0, minor = 0, patch = 0;
  std::sscanf(release_.c_str(), "%u.%u.%u", &major, &minor, &patch);
  return (major << 16) + (minor << 8) + std::min(patch, 255u);
}

std::string KernelTarget::config_defines(std::string_view text,
                                         const std::vector<std::string>& options) const {
  std::set<std::string_view> wanted = config_names(text);
  for (std::string_view option : options)
    if (option.size() > 2) wanted.erase(option.substr(2, option.find('=') - 2));
  if (wanted.empty()) return "";
  std::string config = is_running_ ? read_gzip_or_plain("/proc/config.gz") : "";
  if (config.empty()) config = read_gzip_or_plain(cat("/boot/config-", release_));
  std::string defines;
  for (std::string_view line : split(config, '\n')) {
    const size_t equals = line.find('=');
    if (line.empty() || line[0] == '#' || equals == line.npos) continue;
    const std::string_view name = line.substr(0, equals), value = line.substr(equals + 1);
    const bool is_module = value == "m";
    if (is_module && wanted.contains(cat(name, "_MODULE")))
      defines += cat("#define ", name, "_MODULE 1\n");
    if (!wanted.contains(name)) continue;
    defines += is_module ? cat("#define ", name, "_MODULE 1\n")
                         : cat("#define ", name, " ", value == "y" ? "1" : value, "\n");
  }
  return defines;
}

unsigned KernelTarget::possible_cpus() const {
  Result<std::string> text = read_file("/sys/devices/system/cpu/possible");
  unsigned highest = 0;
  if (text) {
    const size_t dash = text->find_last_of("-,");
    highest = static_cast<unsigned>(
        parse_u64(trim(std::string_view(*text).substr(dash == text->npos ? 0 : dash + 1)))
            .value_or(0));
  }
  return highest + 1;
}

}  // namespace redbee::cc
