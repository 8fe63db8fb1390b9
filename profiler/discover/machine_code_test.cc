// The interpreter over functions of this very binary, as the compiler made them.
#include "profiler/discover/machine_code.h"

#include <gtest/gtest.h>

// Uninstrumented, as in a Ruby.
#define PLAIN __attribute__((noinline, used, optimize("O2"), no_sanitize("address", "undefined"), visibility("default")))

namespace {
struct Thread {
  long padding[2];
  long self;
};
struct Context {
  long padding[6];
  Thread* thread;
  long more[7];
  long errinfo;
};
struct Heap {
  int padding[4];
  unsigned flags;
};
struct Vm {
  long padding[100];
  Heap* heap;
};
__thread Context* volatile current_context;
Vm* volatile current_vm;
}  // namespace

extern "C" {
PLAIN long like_rb_errinfo() { return current_context->errinfo; }
PLAIN long like_rb_thread_current() { return current_context->thread->self; }
PLAIN int like_rb_during_gc() { return current_vm->heap->flags >> 5 & 1; }
PLAIN int like_rb_during_gc_with_a_guard() {
  Heap* heap = current_vm->heap;
  return heap ? (heap->flags & 32) != 0 : 0;
}
PLAIN long like_a_call() { return like_rb_thread_current() + 0; }
}

namespace redbee::profiler {
namespace {

class MachineCode : public testing::Test {
 protected:
  ElfImage image_ = ElfImage::open("/proc/self/exe").value();

  std::string result(std::string_view function) {
    for (const CodePath& path : interpret_function(image_, function))
      if (path.result && path.result->kind != Expression::Kind::constant) return describe(path.result);
    return "";
  }
};

TEST_F(MachineCode, FollowsAThreadLocalPointerToAField) {
  const std::string text = result("like_rb_errinfo");
  EXPECT_TRUE(text.starts_with("*(*(fs + ")) << text;
  EXPECT_TRUE(text.ends_with(") + 0x70)")) << text;
}

TEST_F(MachineCode, FollowsAChainOfPointers) {
  const std::string text = result("like_rb_thread_current");
  EXPECT_TRUE(text.ends_with(") + 0x30) + 0x10)")) << text;
}

TEST_F(MachineCode, TellsAFlagBitAndTheWayToIt) {
  const std::string text = result("like_rb_during_gc");
  EXPECT_NE(text.find(") + 0x320) + 0x10)"), std::string::npos) << text;
  EXPECT_NE(text.find(">> 5) & 0x1"), std::string::npos) << text;
}

TEST_F(MachineCode, LooksBehindAGuard) {
  const std::string text = result("like_rb_during_gc_with_a_guard");
  EXPECT_NE(text.find(") + 0x320) + 0x10)"), std::string::npos) << text;
}

TEST_F(MachineCode, StepsIntoCallsOfTheSameFile) {
  EXPECT_TRUE(result("like_a_call").ends_with(") + 0x30) + 0x10)")) << result("like_a_call");
}

TEST_F(MachineCode, IsSilentAboutAFunctionThatIsNotThere) {
  EXPECT_TRUE(interpret_function(image_, "no_such_function").empty());
}

}  // namespace
}  // namespace redbee::profiler
