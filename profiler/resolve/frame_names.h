// Names for the raw frames of one process, from a bounded cache.
//
// Code objects are garbage-collected, so an address may come to mean other code. The kernel compares
// a frame with what it named it by once in each garbage-collection epoch, and sends a name (rb_name)
// that has changed before the sample it is in: it is right whatever becomes of the code afterwards.
// Only for frames that the kernel could not compare is memory looked at here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "profiler/discover/ruby_process.h"
#include "profiler/resolve/class_names.h"
#include "profiler/unwind/stack_format.h"

namespace redbee::profiler {

// One frame before the conventions of a whole stack are applied.
struct FrameName {
  bool is_c = false;
  bool is_known = false;
  bool has_class = true;  // false: the class of its method was freed before it was named
  std::string method, label, base_label, path;
  int32_t line = 0;
  int iseq_type = 0;
  uint64_t serial = 0;  // differs for every name of every process: a key for caches of derived things

  bool operator==(const FrameName&) const = default;
};

using FrameNamePtr = std::shared_ptr<const FrameName>;

enum class IseqType : int { top, method, block, klass, rescue, ensure, eval, main, plain };

class FrameNames {
 public:
  // `ruby` describes the layout; `memory` may be another process's with the same layout (a fork).
  FrameNames(const Layout& layout, uint64_t global_symbols, std::unique_ptr<Memory> memory);
  static std::unique_ptr<FrameNames> of(const RubyProcess& ruby);
  std::unique_ptr<FrameNames> for_fork(std::unique_ptr<Memory> memory) const;

  void learn(const rb_name& name);
  void learn(const rb_c_name& name);
  // `is_checked`: the kernel has compared the frame in this epoch.
  FrameNamePtr name(const rb_frame& frame, uint32_t gc_epoch, bool is_checked);
  // An address inside of the function that runs Ruby's instructions: with direct threading, as every
  // compiler but MSVC builds it, an instruction is the address of its code. 0: a C function's frame.
  uint64_t interpreter(const rb_frame& frame) const;
  // The C function that a C method calls. 0: not a C function's frame.
  uint64_t c_function(const rb_frame& frame) const;
  const Layout& layout() const { return layout_; }

 private:
  struct Key {
    uint64_t code, pc;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return (key.code * 0x9e3779b97f4a7c15ULL ^ key.pc * 0xc2b2ae3d27d4eb4fULL) >> 7;
    }
  };
  // What must be unchanged in memory for a name to hold in a later epoch.
  struct Fingerprint {
    uint64_t words[4] = {};
    bool operator==(const Fingerprint&) const = default;
  };
  struct Entry {
    FrameNamePtr name;
    Fingerprint fingerprint;
    uint32_t gc_epoch = 0;
  };

  Fingerprint fingerprint(const rb_frame& frame) const;
  FrameName read_name(const rb_frame& frame);
  FrameName read_ruby_name(const rb_frame& frame);
  FrameName read_c_name(uint64_t method);
  FrameName make_c_name(uint64_t id, uint64_t owner);
  void keep(Entry* entry, FrameName fresh, const rb_frame& frame, uint32_t gc_epoch);
  FrameName from_kernel(const rb_name& name);
  void set_method(FrameName* name, uint64_t owner);
  uint64_t shown_label(uint64_t body, uint64_t label) const;
  uint64_t owner_of(uint64_t method) const;
  std::string path_text(uint64_t pathobj) const;

  const Layout layout_;
  const uint64_t global_symbols_;
  std::unique_ptr<Memory> memory_;
  RubyObjects objects_;
  GlobalSymbols symbols_;
  ClassNames classes_;
  std::unordered_map<Key, Entry, KeyHash> cache_;
  std::unordered_map<uint64_t, std::string> methods_;  // iseq's method, from the kernel's names
};

}  // namespace redbee::profiler
