// The native frames of one process's samples, numbered for the recording.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "profiler/resolve/frame_names.h"
#include "profiler/resolve/native_stack.h"
#include "profiler/resolve/stack_names.h"

namespace redbee::profiler {

class NativeFrames {
 public:
  NativeFrames(pid_t pid, FrameInterner intern);
  // Those between the kernel's frames and the innermost Ruby frame, innermost first.
  void append(const rb_sample& sample, const FrameNames& names, std::vector<FrameId>* out);

 private:
  void find_interpreter(const rb_sample& sample, const FrameNames& names);
  uint64_t innermost_c_function(const rb_sample& sample, const FrameNames& names);

  FrameInterner intern_;
  std::optional<NativeStack> stack_;  // nothing: the process was gone before its files could be read
  uint64_t interpreter_ = 0;
  std::unordered_map<uint64_t, FrameId> ids_;  // by address
  std::unordered_map<uint64_t, uint64_t> c_functions_;  // by method entry
};

}  // namespace redbee::profiler
