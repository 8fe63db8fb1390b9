// This test's own stack, walked as a recorder walks another's.
#include <gtest/gtest.h>
#include <ucontext.h>
#include <unistd.h>

#include "profiler/resolve/native_stack.h"

namespace redbee::profiler {

struct Walked {
  std::vector<uint64_t> addresses;
  std::vector<std::string> methods;
};

[[gnu::no_sanitize_address]] std::vector<uint64_t> copy_words(uint64_t address, size_t count) {
  std::vector<uint64_t> words(count);
  uint64_t* to = words.data();
  for (size_t i = 0; i < count; ++i) to[i] = reinterpret_cast<const volatile uint64_t*>(address)[i];
  return words;
}

// Names that stay in the symbol table, functions that stay functions.
[[gnu::noinline]] Walked native_innermost(NativeStack& native, uint64_t interpreter) {
  ucontext_t context;
  getcontext(&context);
  const auto* registers = context.uc_mcontext.gregs;
  const auto sp = static_cast<uint64_t>(registers[REG_RSP]);
  const std::vector<uint64_t> stack = copy_words(sp, 512);
  Walked walked;
  walked.addresses = native.walk(static_cast<uint64_t>(registers[REG_RIP]), sp,
                                 static_cast<uint64_t>(registers[REG_RBP]), stack, interpreter);
  for (uint64_t address : walked.addresses) walked.methods.push_back(native.frame(address).method);
  return walked;
}

[[gnu::noinline]] Walked native_between(NativeStack& native, uint64_t interpreter) {
  Walked walked = native_innermost(native, interpreter);
  asm volatile("" ::: "memory");  // no tail call
  return walked;
}

[[gnu::noinline]] Walked native_interpreter(NativeStack& native, bool is_known) {
  const auto here = reinterpret_cast<uint64_t>(&native_interpreter);
  Walked walked = native_between(native, is_known ? here : 0);
  asm volatile("" ::: "memory");
  return walked;
}

namespace {

std::string function_of(const std::string& method) { return method.substr(0, method.find('(')); }

TEST(NativeStack, ReachesFromTheInnermostFunctionToTheInterpreter) {
  Result<NativeStack> native = NativeStack::open(getpid());
  ASSERT_TRUE(native);
  const Walked walked = native_interpreter(*native, true);
  ASSERT_EQ(walked.methods.size(), 2u);
  EXPECT_EQ(function_of(walked.methods[0]), "redbee::profiler::native_innermost");
  EXPECT_EQ(function_of(walked.methods[1]), "redbee::profiler::native_between");
}

TEST(NativeStack, IsTheInnermostFunctionWhereTheInterpreterIsNotKnown) {
  Result<NativeStack> native = NativeStack::open(getpid());
  ASSERT_TRUE(native);
  const Walked walked = native_interpreter(*native, false);
  ASSERT_EQ(walked.methods.size(), 1u);
  EXPECT_EQ(function_of(walked.methods[0]), "redbee::profiler::native_innermost");
}

TEST(NativeStack, BeginsAtTheCFunctionWhereItIsKnown) {
  Result<NativeStack> native = NativeStack::open(getpid());
  ASSERT_TRUE(native);
  Walked walked = native_interpreter(*native, true);
  native->cut_callers(reinterpret_cast<uint64_t>(&native_innermost), &walked.addresses);
  EXPECT_EQ(walked.addresses.size(), 1u);
}

TEST(NativeStack, EndsWhereTheMemoryThatWasCopiedEnds) {
  Result<NativeStack> native = NativeStack::open(getpid());
  ASSERT_TRUE(native);
  const auto code = reinterpret_cast<uint64_t>(&native_between) + 1;
  const auto interpreter = reinterpret_cast<uint64_t>(&native_interpreter);
  EXPECT_EQ(native->walk(code, 0x1000, 0x1000, {}, interpreter).size(), 1u);
}

TEST(NativeStack, AddressesOfNoCodeAreNoFrames) {
  Result<NativeStack> native = NativeStack::open(getpid());
  ASSERT_TRUE(native);
  EXPECT_TRUE(native->walk(0x10, 0x1000, 0x1000, {}, 0).empty());
}

}  // namespace
}  // namespace redbee::profiler
