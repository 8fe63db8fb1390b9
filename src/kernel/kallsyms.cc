// KernelSymbols: /proc/kallsyms in memory. One copy of the text; per symbol an address and where its
// line is (16 bytes), sorted by address. Names are found by a hash table built at the first question.
#include <algorithm>
#include <unordered_map>

#include "redbee/symbols.h"
#include "src/base/file.h"
#include "src/base/nearest.h"
#include "src/base/text.h"

namespace redbee {
namespace {

struct Entry {
  uint64_t address;
  uint32_t name;           // offset in the text
  uint16_t name_size;
  uint16_t module_size;    // "[nfs]" follows the name and a tab; 0: the kernel itself
};

bool is_text(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

// "ffffffff81000000 T name\t[module]". False when the line is something else.
bool parse_line(std::string_view line, size_t offset, Entry& entry, char& type) {
  uint64_t address = 0;
  size_t i = 0;
  for (; i < line.size() && line[i] != ' '; i++) {
    char c = line[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return false;
    address = address << 4 | static_cast<uint64_t>(digit);
  }
  if (i + 3 >= line.size()) return false;
  type = line[i + 1];
  size_t name = i + 3, tab = line.find('\t', name);
  size_t end = tab == line.npos ? line.size() : tab;
  if (end == name || end - name > 0xffff) return false;
  entry.address = address;
  entry.name = static_cast<uint32_t>(offset + name);
  entry.name_size = static_cast<uint16_t>(end - name);
  entry.module_size = static_cast<uint16_t>(tab == line.npos ? 0 : line.size() - tab - 1);
  return true;
}

// "vfs_read.isra.0" → "vfs_read"
std::string_view stem_of(std::string_view name) { return name.substr(0, name.find('.')); }

}  // namespace

struct KernelSymbols::State {
  std::string text;
  std::vector<Entry> functions;   // text symbols, by address
  std::vector<Entry> data;        // the rest, for address_of alone
  mutable std::unordered_map<std::string_view, uint64_t> by_name;

  std::string_view name(const Entry& entry) const { return {text.data() + entry.name, entry.name_size}; }
  std::string_view module(const Entry& entry) const {
    if (!entry.module_size) return {};
    return trim_brackets({text.data() + entry.name + entry.name_size + 1, entry.module_size});
  }
  static std::string_view trim_brackets(std::string_view module) {
    if (module.starts_with('[') && module.ends_with(']')) return module.substr(1, module.size() - 2);
    return module;
  }
  const std::unordered_map<std::string_view, uint64_t>& names() const;
};

const std::unordered_map<std::string_view, uint64_t>& KernelSymbols::State::names() const {
  if (!by_name.empty()) return by_name;
  by_name.reserve(functions.size() + data.size());
  for (const Entry& entry : functions) by_name.emplace(name(entry), entry.address);
  for (const Entry& entry : data) by_name.emplace(name(entry), entry.address);
  return by_name;
}

Result<KernelSymbols> KernelSymbols::open() { return parse(TRY(read_file("/proc/kallsyms"))); }

Result<KernelSymbols> KernelSymbols::parse(std::string_view kallsyms) {
  auto state = std::make_unique<State>();
  state->text = kallsyms;
  std::string_view text = state->text;
  bool shows_addresses = false;
  for (size_t start = 0; start < text.size();) {
    size_t end = std::min(text.find('\n', start), text.size());
    Entry entry;
    char type;
    if (parse_line(text.substr(start, end - start), start, entry, type)) {
      shows_addresses |= entry.address != 0;
      (is_text(type) ? state->functions : state->data).push_back(entry);
    }
    start = end + 1;
  }
  if (!state->functions.empty() && !shows_addresses) {
    return fail(Errc::not_permitted, "kernel addresses are hidden: needs CAP_SYSLOG, or kptr_restrict and "
                                     "perf_event_paranoid set lower");
  }
  std::stable_sort(state->functions.begin(), state->functions.end(),
                   [](const Entry& a, const Entry& b) { return a.address < b.address; });
  return KernelSymbols(std::move(state));
}

KernelSymbols::KernelSymbols(std::unique_ptr<State> state) : state_(std::move(state)) {}
KernelSymbols::KernelSymbols(KernelSymbols&&) noexcept = default;
KernelSymbols& KernelSymbols::operator=(KernelSymbols&&) noexcept = default;
KernelSymbols::~KernelSymbols() = default;

std::optional<Symbol> KernelSymbols::find(uint64_t address) const {
  const Entry* entry = find_nearest(state_->functions, address);   // of several names the first in the file
  if (!entry) return std::nullopt;
  return Symbol{std::string(state_->name(*entry)), address - entry->address, std::string(state_->module(*entry))};
}

std::optional<uint64_t> KernelSymbols::address_of(std::string_view name) const {
  const auto& names = state_->names();
  auto it = names.find(name);
  if (it == names.end()) return std::nullopt;
  return it->second;
}

bool KernelSymbols::has_function(std::string_view name) const {
  return std::any_of(state_->functions.begin(), state_->functions.end(),
                     [&](const Entry& entry) { return state_->name(entry) == name; });
}

std::vector<std::string> KernelSymbols::similar_to(std::string_view wanted, size_t limit) const {
  auto bare = syscall_of_symbol(wanted);
  std::string as_syscall = syscall_prefix() + (bare ? *bare : std::string(wanted));
  std::vector<std::string> found, parts;
  for (const Entry& entry : state_->functions) {
    std::string_view name = state_->name(entry);
    if (name == as_syscall || stem_of(name) == wanted) {
      found.emplace_back(name);
    } else if (wanted.size() >= 5 && name.size() <= wanted.size() + 8 && name.find(wanted) != name.npos) {
      parts.emplace_back(name);
    }
  }
  found.insert(found.end(), parts.begin(), parts.end());
  std::vector<std::string> unique;
  for (std::string& name : found) {
    if (unique.size() < limit && std::find(unique.begin(), unique.end(), name) == unique.end()) unique.push_back(std::move(name));
  }
  return unique;
}

void KernelSymbols::each_function(
    FunctionRef<void(std::string_view, std::string_view, uint64_t)> fn) const {
  for (const Entry& entry : state_->functions) fn(state_->name(entry), state_->module(entry), entry.address);
}

}  // namespace redbee
