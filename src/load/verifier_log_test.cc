#include "src/load/verifier_log.h"

#include <gtest/gtest.h>

namespace redbee {
namespace {

TEST(VerifierLog, FindsReasonAndSourceLine) {
  auto verdict = read_verifier_log(
      "func#0 @0\n0: R1=ctx() R10=fp0\n; int x = *p; @ tool.c:12\n0: (79) r1 = *(u64 *)(r1 +0)\n"
      "1: (79) r1 = *(u64 *)(r1 +0)\nR1 invalid mem access 'scalar'\n"
      "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n");
  EXPECT_EQ(verdict.reason, "R1 invalid mem access 'scalar'");
  EXPECT_EQ(verdict.source, "int x = *p; @ tool.c:12");
  EXPECT_EQ(summary_of(verdict), "R1 invalid mem access 'scalar' (at: int x = *p; @ tool.c:12)");
}

TEST(VerifierLog, TakesTheSourceLineBeforeTheReasonNotTheLastOne) {
  auto verdict = read_verifier_log("; first\n0: (b7) r0 = 0\n; second\n1: (95) exit\nR0 !read_ok\nprocessed 2 insns\n");
  EXPECT_EQ(verdict.source, "second");
}

TEST(VerifierLog, WorksWithoutSource) {
  auto verdict = read_verifier_log("unknown func bpf_get_attach_cookie#174\n");
  EXPECT_EQ(summary_of(verdict), "unknown func bpf_get_attach_cookie#174");
}

TEST(VerifierLog, SaysWhenThereIsNothing) {
  EXPECT_EQ(summary_of(read_verifier_log("")), "the verifier gave no reason");
  EXPECT_EQ(summary_of(read_verifier_log("processed 0 insns\n")), "the verifier gave no reason");
}

}  // namespace
}  // namespace redbee
