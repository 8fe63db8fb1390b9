// A raw stack as the frames that Ruby's own backtraces would show, innermost first.
#pragma once

#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "profiler/recording/recording.h"
#include "profiler/resolve/frame_names.h"

namespace redbee::profiler {

// Gives a frame its number in the recording.
using FrameInterner = std::function<FrameId(const Frame&)>;

// The conventions of a backtrace, by version:
//  - a C function has the path and line of the Ruby code that called it;
//  - from 3.4 the frame around a rescue or ensure clause is not shown beside the clause;
//  - from 4.0 code of Ruby's own files (<internal:kernel>) is shown like a C function.
class StackNames {
 public:
  explicit StackNames(FrameInterner intern) : intern_(std::move(intern)) {}

  // Appends to `out`. False when a frame had no name. `are_checked`: as in FrameNames::name.
  bool append(FrameNames& names, std::span<const rb_frame> raw, uint32_t gc_epoch,
              bool are_checked, std::vector<FrameId>* out);
  FrameId intern(const Frame& frame) { return intern_(frame); }

 private:
  // A frame whose place is its caller's depends on both.
  struct Key {
    uint64_t serial, caller_serial;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return (key.serial * 0x9e3779b97f4a7c15ULL ^ key.caller_serial * 0xc2b2ae3d27d4eb4fULL) >> 5;
    }
  };
  FrameInterner intern_;
  std::unordered_map<Key, FrameId, KeyHash> ids_;
};

}  // namespace redbee::profiler
