#include <algorithm>
#include <memory>
#include <set>

#include "redbee/symbols.h"
#include "redbee/usdt.h"
#include "src/base/text.h"
#include "src/process/elf_file.h"
#include "src/process/namespaces.h"
#include "src/process/usdt_notes.h"

namespace redbee {
namespace {

struct BinaryPath {
  std::string openable, display;
};

UsdtProbe& probe_of(std::vector<UsdtProbe>& probes, const UsdtNote& note, const BinaryPath& path) {
  for (UsdtProbe& probe : probes) {
    if (probe.name == note.name && probe.provider == note.provider) return probe;
  }
  probes.push_back({.provider = std::string(note.provider),
                    .name = std::string(note.name),
                    .path = path.openable,
                    .display_path = path.display});
  return probes.back();
}

Result<std::vector<UsdtProbe>> read_file_probes(const BinaryPath& path, const std::string& debug_root) {
  ElfFile file = TRY(ElfFile::open(path.openable));
  std::vector<UsdtProbe> probes;
  auto section = file.find_section(".note.stapsdt");
  if (!section) return probes;
  auto base = file.find_section(".stapsdt.base");
  std::vector<GElf_Phdr> segments = file.segments();
  std::unique_ptr<ElfSymbols> symbols;   // read for the first argument that names a symbol
  auto find_symbol = [&](std::string_view name) -> std::optional<uint64_t> {
    if (!symbols) {
      auto opened = ElfSymbols::open(path.openable, {debug_root, path.display});
      if (!opened) return std::nullopt;
      symbols = std::make_unique<ElfSymbols>(std::move(*opened));
    }
    return symbols->address_of(name);
  };
  for (const UsdtNote& note : parse_usdt_notes(section->content)) {
    uint64_t moved = base && note.base ? base->header.sh_addr - note.base : 0;
    uint64_t address = note.address + moved;
    auto offset = file_offset_of(segments, address);
    if (!offset) continue;
    UsdtProbe& probe = probe_of(probes, note, path);
    if (note.semaphore && !probe.semaphore_address) {
      probe.semaphore_address = note.semaphore + moved;
      probe.semaphore_offset = file_offset_of(segments, probe.semaphore_address).value_or(0);
    }
    probe.locations.push_back({address, *offset, normalise_usdt_arguments(note.arguments, address, find_symbol)});
  }
  return probes;
}

Result<std::vector<BinaryPath>> mapped_files(int pid) {
  std::vector<BinaryPath> paths;
  std::set<std::string> seen;
  for (const Mapping& mapping : TRY(read_mappings(pid))) {
    if (!mapping.is_executable || !mapping.path.starts_with('/') || !mapping.inode) continue;
    if (seen.insert(mapping.path).second) paths.push_back({openable_path(pid, mapping), mapping.path});
  }
  return paths;
}

// Argument descriptions of a probe's locations, each once.
std::vector<std::vector<std::string>> variants_of(const UsdtProbe& probe) {
  std::vector<std::vector<std::string>> variants;
  for (const UsdtLocation& location : probe.locations) {
    if (std::find(variants.begin(), variants.end(), location.arguments) == variants.end()) {
      variants.push_back(location.arguments);
    }
  }
  return variants;
}

}  // namespace

Result<std::vector<UsdtProbe>> read_usdt_probes(const UsdtQuery& query) {
  if (query.path.empty() && query.pid < 0) return fail(Errc::invalid_argument, "USDT probes of what? give a path or a pid");
  std::string debug_root = root_of(query.pid);
  if (!query.path.empty()) {
    BinaryPath path{TRY(find_openable_binary(query.path, query.pid)), TRY(find_binary(query.path, query.pid))};
    return read_file_probes(path, debug_root);
  }
  std::vector<UsdtProbe> all;
  for (const BinaryPath& path : TRY(mapped_files(query.pid))) {
    auto probes = read_file_probes(path, debug_root);
    if (!probes) continue;   // mapped, but no ELF file: data
    std::move(probes->begin(), probes->end(), std::back_inserter(all));
  }
  return all;
}

const UsdtProbe* find_usdt_probe(const std::vector<UsdtProbe>& probes, std::string_view wanted) {
  size_t colon = wanted.find(':');
  std::string_view provider = colon == wanted.npos ? std::string_view() : wanted.substr(0, colon);
  std::string_view name = colon == wanted.npos ? wanted : wanted.substr(colon + 1);
  for (const UsdtProbe& probe : probes) {
    if (probe.name == name && (provider.empty() || probe.provider == provider)) return &probe;
  }
  return nullptr;
}

UsdtBinding bind_usdt(const UsdtProbe& probe, std::string function) {
  return {std::move(function), cat(probe.provider, ":", probe.name), variants_of(probe)};
}

size_t usdt_variant(const UsdtProbe& probe, const UsdtLocation& location) {
  auto variants = variants_of(probe);
  auto it = std::find(variants.begin(), variants.end(), location.arguments);
  return static_cast<size_t>(it - variants.begin());
}

}  // namespace redbee
