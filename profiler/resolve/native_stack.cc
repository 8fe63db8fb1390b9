#include "profiler/resolve/native_stack.h"

#include <algorithm>

#include "src/base/text.h"

namespace redbee::profiler {
namespace {

constexpr size_t kMaxFrames = 128;

}  // namespace

Result<NativeStack> NativeStack::open(pid_t pid) {
  ProcessSymbols symbols = TRY(ProcessSymbols::open(pid));
  return NativeStack(pid, std::move(symbols), TRY(redbee::read_mappings(pid)));
}

const redbee::Mapping* NativeStack::find_mapping(uint64_t address) {
  const auto after = std::ranges::upper_bound(mappings_, address, {}, &redbee::Mapping::start);
  if (after == mappings_.begin() || address >= std::prev(after)->end) return nullptr;
  return &*std::prev(after);
}

NativeStack::Place NativeStack::find(uint64_t address) {
  const redbee::Mapping* mapping = find_mapping(address);
  if (!mapping) {
    // A library that was loaded since.
    if (Result<std::vector<redbee::Mapping>> now = redbee::read_mappings(pid_)) mappings_ = std::move(*now);
    mapping = find_mapping(address);
  }
  if (!mapping || !mapping->is_executable || !mapping->inode) return {.mapping = mapping};
  const auto [found, is_new] = tables_.try_emplace({mapping->path, mapping->inode});
  if (is_new)
    if (Result<UnwindTable> table = UnwindTable::open(openable_path(pid_, *mapping))) found->second = std::move(*table);
  if (!found->second) return {.mapping = mapping};
  const auto in_file = found->second->address_of_offset(address - mapping->start + mapping->file_offset);
  if (!in_file) return {.mapping = mapping};
  return {.mapping = mapping, .table = &*found->second, .address = *in_file};
}

// In memory; the same for all addresses of one function.
std::optional<uint64_t> NativeStack::function_at(uint64_t address) {
  const Place place = find(address);
  if (!place.table) return std::nullopt;
  const auto start = place.table->function_at(place.address);
  return start ? std::optional(address - (place.address - *start)) : std::nullopt;
}

std::vector<uint64_t> NativeStack::walk(uint64_t ip, uint64_t sp, uint64_t bp, std::span<const uint64_t> stack,
                                        uint64_t interpreter) {
  const std::optional<uint64_t> end = interpreter ? function_at(interpreter) : std::nullopt;
  const uint64_t bottom = sp;
  const auto word_at = [&](uint64_t address) -> std::optional<uint64_t> {
    const uint64_t index = (address - bottom) / 8;
    if (address < bottom || (address - bottom) % 8 || index >= stack.size()) return std::nullopt;
    return stack[index];
  };
  std::vector<uint64_t> addresses;
  while (addresses.size() < kMaxFrames) {
    // A return address may lie behind the end of a function that never returns.
    const uint64_t address = addresses.empty() ? ip : ip - 1;
    const Place place = find(address);
    if (!place.mapping || !place.mapping->is_executable) break;
    if (end && function_at(address) == end) break;
    addresses.push_back(address);
    if (!end || !place.table) break;
    const std::optional<UnwindRule> rule = place.table->rule_at(place.address);
    if (!rule) break;
    const uint64_t cfa = (rule->is_from_base_pointer ? bp : sp) + static_cast<uint64_t>(rule->cfa_offset);
    const std::optional<uint64_t> caller = word_at(cfa - 8);
    if (!caller || cfa <= sp) break;
    if (rule->saved_base) bp = word_at(cfa + static_cast<uint64_t>(*rule->saved_base)).value_or(0);
    ip = *caller;
    sp = cfa;
  }
  return addresses;
}

void NativeStack::cut_callers(uint64_t function, std::vector<uint64_t>* addresses) {
  const std::optional<uint64_t> start = function_at(function);
  if (!start) return;
  for (size_t i = addresses->size(); i-- > 0;)
    if (function_at((*addresses)[i]) == start) return addresses->resize(i + 1);
}

Frame NativeStack::frame(uint64_t address) {
  Frame frame{.kind = FrameKind::native, .method = {}, .label = {}, .base_label = {}, .path = {}};
  const Symbol symbol = symbols_.resolve(address);
  frame.path = symbol.module;
  if (!symbol.name.empty()) {
    frame.method = demangle(symbol.name);
    return frame;
  }
  const Place place = find(address);
  const std::string file = symbol.module.substr(symbol.module.rfind('/') + 1);
  const uint64_t start = place.table ? place.table->function_at(place.address).value_or(place.address) : 0;
  if (place.table) frame.method = fmt::format("{}+{:#x}", file, start);
  else frame.method = file.empty() ? "(generated code)" : file;
  return frame;
}

}  // namespace redbee::profiler
