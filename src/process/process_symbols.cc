// ProcessSymbols: addresses of a live process. One ElfSymbols per mapped file, read when first needed.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "redbee/symbols.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "src/process/namespaces.h"
#include "src/process/perf_map.h"

namespace redbee {
namespace {

constexpr uint64_t kMaxVdsoBytes = 1 << 20;

// The vDSO is in no file: copied out of the process's memory into one.
Result<ElfSymbols> read_vdso(int pid, const Mapping& mapping) {
  UniqueFd memory = TRY(open_file(cat("/proc/", pid, "/mem"), O_RDONLY));
  std::string image(std::min(mapping.end - mapping.start, kMaxVdsoBytes), '\0');
  ssize_t n = pread(memory.get(), image.data(), image.size(), static_cast<off_t>(mapping.start));
  if (n != static_cast<ssize_t>(image.size())) return fail(Errc::os, cat("read vdso of process ", pid));
  UniqueFd copy(memfd_create("vdso", MFD_CLOEXEC));
  if (!copy.is_open()) return fail(Errc::os, "memfd_create");
  TRY(write_all(copy.get(), image));
  return ElfSymbols::open(cat("/proc/self/fd/", copy.get()));
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

using FileId = std::pair<dev_t, ino_t>;

struct ProcessSymbols::State {
  int pid;
  std::string root;
  std::vector<Mapping> mappings;                            // by address
  std::map<std::string, std::unique_ptr<ElfSymbols>> files; // by path; null: not readable
  PerfMap jit;
  std::map<uint64_t, FileId> seen;                          // by start: what was mapped there when first asked

  Status refresh();
  bool has_changed(const Mapping& mapping);
  const Mapping* find_mapping(uint64_t address) const;
  const ElfSymbols* symbols_of(const Mapping& mapping);
  Symbol resolve_in(const Mapping& mapping, uint64_t address);
};

Status ProcessSymbols::State::refresh() {
  mappings = TRY(read_mappings(pid));
  root = root_of(pid);
  seen.clear();
  return {};
}

// The kernel has a link for each mapped file, named by its exact range: one stat (about 1 us) tells whether
// it is still there, and still the same. Without the right to see these links a mapping counts as unchanged.
bool ProcessSymbols::State::has_changed(const Mapping& mapping) {
  bool is_file = mapping.path.starts_with('/') && mapping.inode;
  if (!is_file) return !mapping.is_executable && mapping.path.empty();   // code was loaded where memory was
  struct stat info;
  if (stat(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end).c_str(), &info) < 0) return errno == ENOENT;
  FileId id{info.st_dev, info.st_ino};
  return seen.try_emplace(mapping.start, id).first->second != id;
}

const Mapping* ProcessSymbols::State::find_mapping(uint64_t address) const {
  auto after = std::upper_bound(mappings.begin(), mappings.end(), address,
                                [](uint64_t a, const Mapping& m) { return a < m.start; });
  if (after == mappings.begin() || address >= std::prev(after)->end) return nullptr;
  return &*std::prev(after);
}

const ElfSymbols* ProcessSymbols::State::symbols_of(const Mapping& mapping) {
  std::string key = cat(mapping.path, ":", mapping.inode);
  auto [it, is_new] = files.try_emplace(key);
  if (is_new) {
    auto symbols = mapping.path == "[vdso]" ? read_vdso(pid, mapping) : ElfSymbols::open(openable_path(pid, mapping), {root, mapping.path});
    if (symbols) it->second = std::make_unique<ElfSymbols>(std::move(*symbols));
  }
  return it->second.get();
}

Symbol ProcessSymbols::State::resolve_in(const Mapping& mapping, uint64_t address) {
  bool is_file = mapping.path.starts_with('/') && mapping.inode;
  if (!is_file && mapping.path != "[vdso]") {
    jit.refresh(pid);
    if (auto symbol = jit.find(address)) return *symbol;
    return {.module = mapping.path};
  }
  Symbol unknown{.offset = address - mapping.start + mapping.file_offset, .module = mapping.path};
  const ElfSymbols* symbols = symbols_of(mapping);
  if (!symbols) return unknown;
  auto in_file = symbols->address_at(unknown.offset);
  auto symbol = in_file ? symbols->find(*in_file) : std::nullopt;
  if (!symbol) return unknown;
  symbol->module = mapping.path;
  return *symbol;
}

Result<ProcessSymbols> ProcessSymbols::open(int pid) {
  auto state = std::make_unique<State>(State{.pid = pid, .root = root_of(pid), .mappings = {}, .files = {}, .jit = {}, .seen = {}});
  TRY(state->refresh());
  return ProcessSymbols(std::move(state));
}

ProcessSymbols::ProcessSymbols(std::unique_ptr<State> state) : state_(std::move(state)) {}
ProcessSymbols::ProcessSymbols(ProcessSymbols&&) noexcept = default;
ProcessSymbols& ProcessSymbols::operator=(ProcessSymbols&&) noexcept = default;
ProcessSymbols::~ProcessSymbols() = default;

Symbol ProcessSymbols::resolve(uint64_t address) {
  const Mapping* mapping = state_->find_mapping(address);
  bool is_old = !mapping || state_->has_changed(*mapping);
  if (is_old && state_->refresh()) {
    mapping = state_->find_mapping(address);
    if (mapping) (void)state_->has_changed(*mapping);   // remembers the file
  }
  return mapping ? state_->resolve_in(*mapping, address) : Symbol{};
}

std::optional<uint64_t> ProcessSymbols::address_of(std::string_view name, std::string_view module) {
  for (const Mapping& mapping : state_->mappings) {
    if (!mapping.is_executable || !mapping.path.starts_with('/')) continue;
    if (!module.empty() && last_part(mapping.path) != module && mapping.path != module) continue;
    const ElfSymbols* symbols = state_->symbols_of(mapping);
    auto address = symbols ? symbols->address_of(name) : std::nullopt;
    if (!address) continue;
    // The load bias: where the mapping's first byte lies in the file's own addresses.
    auto first = symbols->address_at(mapping.file_offset);
    if (first) return *address - *first + mapping.start;
  }
  return std::nullopt;
}

}  // namespace redbee
