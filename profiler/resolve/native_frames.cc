#include "profiler/resolve/native_frames.h"

namespace redbee::profiler {
namespace {

constexpr size_t kMaxIds = 1 << 17;

}  // namespace

NativeFrames::NativeFrames(pid_t pid, FrameInterner intern) : intern_(std::move(intern)) {
  if (Result<NativeStack> stack = NativeStack::open(pid)) stack_.emplace(std::move(*stack));
}

void NativeFrames::find_interpreter(const rb_sample& sample, const FrameNames& names) {
  const auto* frames = reinterpret_cast<const rb_frame*>(sample.words);
  for (int i = 0; i < sample.ruby_frames && !interpreter_; ++i) interpreter_ = names.interpreter(frames[i]);
}

uint64_t NativeFrames::innermost_c_function(const rb_sample& sample, const FrameNames& names) {
  if (!sample.ruby_frames) return 0;
  const auto& frame = *reinterpret_cast<const rb_frame*>(sample.words);
  if (c_functions_.size() > kMaxIds) c_functions_.clear();
  const auto [found, is_new] = c_functions_.try_emplace(frame.code);
  if (is_new) found->second = names.c_function(frame);
  return found->second;
}

void NativeFrames::append(const rb_sample& sample, const FrameNames& names, std::vector<FrameId>* out) {
  if (!stack_) return;
  if (!interpreter_) find_interpreter(sample, names);
  if (ids_.size() > kMaxIds) ids_.clear();
  const uint64_t* copied = sample.words + 2 * sample.ruby_frames + sample.kernel_frames;
  std::vector<uint64_t> addresses =
      stack_->walk(sample.ip, sample.sp, sample.bp, {copied, sample.stack_words}, interpreter_);
  if (const uint64_t function = innermost_c_function(sample, names)) stack_->cut_callers(function, &addresses);
  for (uint64_t address : addresses) {
    const auto [found, is_new] = ids_.try_emplace(address);
    if (is_new) found->second = intern_(stack_->frame(address));
    out->push_back(found->second);
  }
}

}  // namespace redbee::profiler
