// Image: a compiled program, plain data. The bytes of a BPF ELF object and the facts about it that
// the bytes alone do not say (docs/image.md). Made by compile(), read from a file, or, for objects
// built with clang alone, made from bytes without facts.
//
//   Image image = TRY(Image::parse(bytes));                 // checks the ELF, reads .redbee.facts
//   for (const MapFacts& map : image.facts().maps) print(map.name);
//   Image plain = TRY(Image::from_object(clang_bytes));     // no facts section needed
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"
#include "redbee/value.h"

namespace redbee {

struct MapFacts {
  std::string name = {};
  std::string table = {};             // BCC's kind: "hash", "percpu_array", "perf_output", …
  uint32_t type = 0;             // BPF_MAP_TYPE_*
  int key = -1;                  // index into Facts::types; -1 when it has no key
  int leaf = -1;
  uint32_t key_size = 0;         // bytes
  uint32_t leaf_size = 0;        // bytes
  uint32_t max_entries = 0;      // 0: one per possible CPU; ring buffers: bytes
  uint32_t flags = 0;            // BPF_F_*
  std::string linkage = {};           // "", "public", "shared", "extern"
  std::string pinned = {};            // path, or empty
  std::string inner = {};             // name of the inner map of a map of maps
  int line = 0;                  // in the source, from 1
};

struct TwinFacts {
  std::string name = {};
  std::string kind = {};              // "fentry", "fexit", "raw_syscall", "raw_syscall_return"
  int arguments = 0;             // fentry: leading parameters it reads
};
struct UsdtVariantFacts {
  std::string name = {};              // the program
  int variant = 0;               // index into UsdtBinding::variants
};

struct ProgramFacts {
  std::string name = {};
  std::string section = {};
  std::string kind = {};              // "kprobe", …; empty when only the caller knows
  std::string target = {};            // "vfs_read", "syscalls:sys_enter_write"; empty when unknown
  std::string context = {};           // "pt_regs", …
  int line = 0;
  std::vector<TwinFacts> twins = {};
  std::vector<UsdtVariantFacts> usdt = {};

  const TwinFacts* find_twin(std::string_view kind) const;
};

struct EventFacts {
  std::string map = {};
  int type = -1;                 // index into Facts::types
};
struct TracepointFacts {
  std::string name = {};              // "syscalls:sys_enter_write"
  std::string format_hash = {};       // FNV-1a 64 of the format file, 16 hex digits
};
struct ModuleFacts {
  std::string name = {};              // "nfs"
  std::string btf_hash = {};          // FNV-1a 64 of its BTF, 16 hex digits
};

struct Facts {
  int version = 0;               // 0: the object has no facts
  std::string compiler = {};
  std::string kernel_release = {};    // of the kernel it was compiled for
  std::string kernel_build_id = {};   // hex, or empty
  std::string license = {};
  std::vector<MapFacts> maps = {};
  std::vector<ProgramFacts> programs = {};
  std::vector<EventFacts> events = {};
  TypeTable types = {};
  std::vector<TracepointFacts> tracepoints = {};
  std::vector<ModuleFacts> modules = {};  // whose types were used

  const MapFacts* find_map(std::string_view name) const;
  const ProgramFacts* find_program(std::string_view name) const;
  // The event struct a perf or ring buffer carries; null when the program did not say.
  const EventFacts* find_event(std::string_view map) const;
};

class Image {
 public:
  // `bytes`: a BPF ELF object with .redbee.facts. invalid_argument when it is not one, or when its
  // facts are of a version this library does not know.
  static Result<Image> parse(std::string bytes);
  // For objects of clang or of a code generator: facts come from the section when there is one,
  // else from `facts`, which may be empty.
  static Result<Image> from_object(std::string bytes, Facts facts = {});

  const std::string& bytes() const { return bytes_; }
  const Facts& facts() const { return facts_; }

 private:
  Image(std::string bytes, Facts facts) : bytes_(std::move(bytes)), facts_(std::move(facts)) {}
  std::string bytes_;
  Facts facts_;
};

// Facts from and to the JSON of docs/image.md.
Result<Facts> parse_facts(std::string_view json);
std::string write_facts(const Facts& facts);

}  // namespace redbee
