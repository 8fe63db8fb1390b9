#include <algorithm>
#include <csignal>
#include <set>

#include "profiler/discover/ruby_process.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/process/namespaces.h"

namespace redbee::profiler {
namespace {

// Where the file's addresses begin in memory, from any of its mappings.
uint64_t load_bias(const ElfImage& image, const Mapping& mapping) {
  if (!image.is_position_independent()) return 0;
  constexpr uint64_t kPageMask = ~uint64_t{4095};
  for (const GElf_Phdr& segment : image.segments()) {
    const uint64_t from = segment.p_offset & kPageMask;
    if (mapping.file_offset >= from && mapping.file_offset < segment.p_offset + segment.p_filesz)
      return mapping.start - ((segment.p_vaddr & kPageMask) + (mapping.file_offset - from));
  }
  return mapping.start - mapping.file_offset;
}

// Likely ones first: a mapping named after Ruby, then the executable, then everything else.
int likelihood(const Mapping& mapping) {
  const size_t slash = mapping.path.rfind('/');
  const std::string_view file = std::string_view(mapping.path).substr(slash == std::string::npos ? 0 : slash + 1);
  if (file.starts_with("libruby")) return 3;
  if (file.starts_with("ruby")) return 2;
  return file.find(".so") == file.npos ? 1 : 0;
}

std::vector<Mapping> candidate_mappings(const std::vector<Mapping>& mappings) {
  std::vector<Mapping> candidates;
  std::set<std::pair<std::string, uint64_t>> seen;
  for (const Mapping& mapping : mappings)
    if (mapping.is_executable && mapping.inode &&
        seen.emplace(mapping.device, mapping.inode).second)
      candidates.push_back(mapping);
  std::ranges::stable_sort(candidates, std::greater<>(), likelihood);
  return candidates;
}

std::optional<RubyVersion> read_version(const Memory& memory, const ElfImage& image, uint64_t bias) {
  const std::optional<ElfSymbol> symbol = image.find_symbol("ruby_version");
  if (!symbol || symbol->is_thread_local) return std::nullopt;
  std::string text = memory.text(bias + symbol->address, std::clamp<size_t>(symbol->size, 6, 16));
  return RubyVersion::parse(text.substr(0, text.find('\0')));
}

Error refused(pid_t pid, Error error) {
  if (error.code == Errc::not_permitted)
    error.message += "; that needs root or CAP_SYS_PTRACE, in the process's own user namespace";
  return std::move(error).with_context(cat("look into process ", pid));
}

}  // namespace

Result<RubyBinary> find_ruby_binary(pid_t pid, FilesWithoutRuby* known) {
  if (kill(pid, 0) < 0 && errno == ESRCH)
    return fail(Errc::not_found, cat("there is no process ", pid));
  Result<std::vector<Mapping>> mappings = read_mappings(pid);
  if (!mappings) return fail(refused(pid, mappings.error()));
  const ProcessMemory memory(pid);
  std::optional<Error> unreadable;
  for (const Mapping& mapping : candidate_mappings(*mappings)) {
    if (known && known->contains({mapping.device, mapping.inode})) continue;
    Result<ElfImage> image = ElfImage::open(openable_path(pid, mapping));
    if (!image) {
      if (image.error().code != Errc::invalid_argument) unreadable = image.error();
      continue;
    }
    const uint64_t bias = load_bias(*image, mapping);
    const std::optional<RubyVersion> version = read_version(memory, *image, bias);
    if (!version) {
      // With the symbol but without the text it is a Ruby that the loader is still mapping.
      if (known && !image->find_symbol("ruby_version")) known->emplace(mapping.device, mapping.inode);
      continue;
    }
    image->add_debug_file(mapping.path, root_of(pid));
    return RubyBinary{std::move(*image), mapping.path, bias, mapping.start, mapping.end, *version};
  }
  if (unreadable) return fail(refused(pid, *unreadable));
  if (mappings->empty())
    return fail(Errc::not_found, cat("process ", pid, " has no memory: it is a kernel thread or has ended"));
  return fail(Errc::not_found, cat("process ", pid, " does not run Ruby: no file it has mapped has the symbol ruby_version"));
}

}  // namespace redbee::profiler
