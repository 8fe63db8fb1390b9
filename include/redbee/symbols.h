// Symbols: addresses to names and back, for the kernel, for files and for live processes.
//
//   KernelSymbols kernel = TRY(KernelSymbols::open());            // 10-20 ms: reads kallsyms
//   if (auto s = kernel.find(address)) print(s->name, s->offset, s->module);
//   ProcessSymbols process = TRY(ProcessSymbols::open(pid));
//   Symbol s = process.resolve(address);                           // name empty: unknown
//
// Owned by one thread. Files of a process are opened through /proc/PID/map_files, then /proc/PID/root,
// so that containers and deleted files resolve too (needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE,
// else /proc/PID/root alone).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/function_ref.h"
#include "redbee/result.h"

namespace redbee {

struct Symbol {
  std::string name = {};        // as in the symbol table: mangled; empty when unknown
  uint64_t offset = 0;     // bytes from its start
  std::string module = {};      // kernel module; for a process the mapped file's path, "[vdso]", "[JIT]"
};

// "_ZN3foo3barEv" → "foo::bar()", also Rust's legacy scheme; anything else unchanged.
std::string demangle(const std::string& name);

class KernelSymbols {
 public:
  // not_permitted when kptr_restrict hides the addresses.
  static Result<KernelSymbols> open();
  static Result<KernelSymbols> parse(std::string_view kallsyms);   // text of /proc/kallsyms
  KernelSymbols(KernelSymbols&&) noexcept;
  KernelSymbols& operator=(KernelSymbols&&) noexcept;
  ~KernelSymbols();

  std::optional<Symbol> find(uint64_t address) const;
  // Of several symbols of that name the first.
  std::optional<uint64_t> address_of(std::string_view name) const;
  bool has_function(std::string_view name) const;     // a text symbol
  // Names that a user may have meant: "name.part.0", "name.isra.0", the system call's spellings.
  std::vector<std::string> similar_to(std::string_view name, size_t limit = 5) const;
  void each_function(FunctionRef<void(std::string_view name, std::string_view module, uint64_t address)> fn) const;

 private:
  struct State;
  explicit KernelSymbols(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "__x64_", "__ia32_compat_sys_"…: the prefix of system call functions here, "__x64_sys_" on x86-64
// since Linux 4.17. Costs a kallsyms scan the first time it cannot be known otherwise.
std::string syscall_prefix();
// "sys_clone", "SyS_clone", "__x64_sys_clone" → "clone"; nothing when it is not one of the spellings.
std::optional<std::string> syscall_of_symbol(std::string_view symbol);
// "clone" → 56 on x86-64.
std::optional<int> syscall_number(std::string_view name);

// One ELF file's symbols.
class ElfSymbols {
 public:
  struct Function {
    std::string_view name;
    uint64_t address = 0;       // virtual address in the file
    uint64_t size = 0;
    bool is_ifunc = false;
  };
  // Where a stripped file's symbols are looked for: /usr/lib/debug by build id, and by .gnu_debuglink
  // beside the file, in .debug there, and below /usr/lib/debug. Only a file that fits is taken.
  struct DebugFiles {
    std::string root = {};      // of the process's mount namespace, "/proc/12/root"; empty: ours
    std::string path = {};      // the file's path there, when it was opened by another
  };
  static Result<ElfSymbols> open(const std::string& path) { return open(path, DebugFiles{}); }
  static Result<ElfSymbols> open(const std::string& path, const DebugFiles& places);
  ElfSymbols(ElfSymbols&&) noexcept;
  ElfSymbols& operator=(ElfSymbols&&) noexcept;
  ~ElfSymbols();

  const std::string& build_id() const;                            // hex, or empty
  std::optional<Symbol> find(uint64_t address) const;             // by virtual address
  std::optional<Function> find_function(std::string_view name) const;
  std::optional<uint64_t> address_of(std::string_view name) const;   // functions and variables
  // Where a virtual address, or a byte of the file, is; nothing when no loadable segment has it.
  std::optional<uint64_t> file_offset(uint64_t address) const;
  std::optional<uint64_t> address_at(uint64_t file_offset) const;
  void each_function(FunctionRef<void(const Function&)> fn) const;

 private:
  struct State;
  explicit ElfSymbols(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct Mapping {
  uint64_t start = 0, end = 0;
  uint64_t file_offset = 0;
  bool is_executable = false;
  std::string path = {};             // as the process sees it; "[heap]", "" when anonymous
  uint64_t inode = 0;
  std::string device = {};           // "fd:00"; an inode is one file only with its device
};
Result<std::vector<Mapping>> read_mappings(int pid);
// A path by which this process can open a mapped file of another.
std::string openable_path(int pid, const Mapping& mapping);

class ProcessSymbols {
 public:
  static Result<ProcessSymbols> open(int pid);
  ProcessSymbols(ProcessSymbols&&) noexcept;
  ProcessSymbols& operator=(ProcessSymbols&&) noexcept;
  ~ProcessSymbols();

  // Never fails: what is unknown keeps an empty name. Reads the process's map again when an address is in
  // none of the mappings it knew, or in one that has changed (libraries loaded and unloaded, exec). Of a
  // process that has ended it goes on with what it knew.
  Symbol resolve(uint64_t address);
  // The address of a symbol in the running process; `module` a path's last part, or empty for any.
  std::optional<uint64_t> address_of(std::string_view name, std::string_view module = "");

 private:
  struct State;
  explicit ProcessSymbols(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "c" → "/lib/x86_64-linux-gnu/libc.so.6": a library's short name, a command in PATH or a path. With a
// pid, first among the files that process has mapped. The path is as seen from that process.
Result<std::string> find_binary(const std::string& name, int pid = -1);
// The same, as a path this process can open.
Result<std::string> find_openable_binary(const std::string& name, int pid = -1);

}  // namespace redbee
