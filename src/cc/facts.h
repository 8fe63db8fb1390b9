// What an Image says about itself beside its bytes: docs/image.md, as C++ values.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace redbee::cc {

struct TypeFacts {
  struct Field {
    std::string name;
    int type = -1;
    uint64_t offset = 0;
    uint32_t bit_offset = 0, bits = 0;  // bits is 0 unless a bit-field
  };
  std::string kind, name;
  uint64_t size = 0;
  bool is_signed = false, is_packed = false;
  int element = -1;  // of an array
  uint64_t count = 0;
  int pointee = -1;
  std::vector<std::pair<std::string, int64_t>> values = {};  // of an enum
  std::vector<Field> fields = {};
};

struct MapFacts {
  std::string name, table;
  uint32_t type = 0;
  int key = -1, leaf = -1;
  uint64_t key_size = 0, leaf_size = 0, max_entries = 0, flags = 0;
  std::string linkage, pinned, inner;
  unsigned line = 0;
};

struct TwinFacts {
  std::string name, kind;
  int arguments = -1;  // -1: does not apply
};

struct UsdtFacts {
  std::string name;
  unsigned variant = 0;
};

struct ProgramFacts {
  std::string name, section, kind, target, context;
  unsigned line = 0;
  std::vector<TwinFacts> twins = {};
  std::vector<UsdtFacts> usdt = {};
};

struct EventFacts {
  std::string map;
  int type = -1;
  bool operator==(const EventFacts&) const = default;
};

struct TracepointFacts {
  std::string name;
  uint64_t format_hash = 0;
};
struct ModuleFacts {
  std::string name;
  uint64_t btf_hash = 0;
};

struct Facts {
  std::string kernel_release, kernel_build_id, license = "GPL";
  std::vector<MapFacts> maps = {};
  std::vector<ProgramFacts> programs = {};
  std::vector<EventFacts> events = {};
  std::vector<TypeFacts> types = {};
  std::vector<TracepointFacts> tracepoints = {};
  std::vector<ModuleFacts> modules = {};
};

std::string to_json(const Facts& facts);

}  // namespace redbee::cc
