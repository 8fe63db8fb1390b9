#include <gmock/gmock.h>

#include "redbee/object.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

using testing::HasSubstr;

TEST(Load, ABadProgramFailsAloneAndSaysWhere) {
  auto object = open_object("rejected");
  ASSERT_OK(object);
  auto bad = object->load("unchecked", {.kind = ProgramKind::kprobe});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::verifier_rejected);
  EXPECT_THAT(bad.error().message, HasSubstr("map_value_or_null"));
  EXPECT_THAT(bad.error().message, HasSubstr("*value = 5"));
  EXPECT_GT(bad.error().log.size(), 3u);
  EXPECT_OK(object->load("checked", {.kind = ProgramKind::kprobe}));
}

TEST(Load, TheSameProgramIsLoadedOnce) {
  auto object = open_object("rejected");
  ASSERT_OK(object);
  auto first = object->load("checked", {.kind = ProgramKind::kprobe});
  auto again = object->load("checked", {.kind = ProgramKind::kprobe});
  auto other = object->load("checked", {.kind = ProgramKind::perf_event});
  ASSERT_OK(first);
  ASSERT_OK(other);
  EXPECT_EQ(first->fd(), again->fd());
  EXPECT_NE(first->fd(), other->fd());
  object->unload(*other);
}

TEST(Load, UnknownProgramsAreAnsweredWithTheKnownOnes) {
  auto object = open_object("rejected");
  ASSERT_OK(object);
  auto unknown = object->load("chekced");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::not_found);
  EXPECT_THAT(unknown.error().message, HasSubstr("checked"));
}

TEST(Load, KeepsTheVerifiersLogWhenAsked) {
  auto object = open_object("rejected");
  ASSERT_OK(object);
  auto program = object->load("checked", {.kind = ProgramKind::kprobe, .log = true});
  ASSERT_OK(program);
  EXPECT_THAT(program->log(), HasSubstr("processed"));
}

TEST(Load, ProgramsShareTheObjectsMaps) {
  auto object = open_object("buffers");
  ASSERT_OK(object);
  auto program = object->load("burst_ring", {.kind = ProgramKind::raw_tracepoint});
  ASSERT_OK(program);
  ASSERT_OK(program->test_run());
  EXPECT_EQ(value_at(*object, "sent", 1), 1000u);
}

TEST(Load, CountsRunsWhileStatisticsAreOn) {
  REDBEE_REQUIRE(run_stats);
  auto object = open_object("buffers");
  ASSERT_OK(object);
  auto program = object->load("one_to_each", {.kind = ProgramKind::raw_tracepoint});
  ASSERT_OK(program);
  auto on = RunStats::enable();
  ASSERT_OK(on);
  for (int i = 0; i < 3; i++) ASSERT_OK(program->test_run());
  auto stats = program->stats();
  ASSERT_OK(stats);
  EXPECT_EQ(stats->recursion_misses, 0u);
}

TEST(Load, SharedMapsAreSeenByBothObjects) {
  auto first = open_object("probes");
  ASSERT_OK(first);
  auto second = open_object("probes", {.reuse_maps = {{"counts", first->map("counts")->fd()}}});
  ASSERT_OK(second);
  uint32_t key = 5;
  uint64_t value = 55;
  ASSERT_OK(second->map("counts")->update(bytes_of(key), bytes_of(value)));
  EXPECT_EQ(value_at(*first, "counts", 5), 55u);
}

TEST(Load, OtherSizesThanTheImagesCanBeAskedFor) {
  auto object = open_object("tables", {.max_entries = {{"lru", 1000}}});
  ASSERT_OK(object);
  EXPECT_EQ(object->map("lru")->info().max_entries, 1000u);
  EXPECT_FALSE(open_object("tables", {.max_entries = {{"nothing", 1}}}));
}

TEST(Load, UnknownTracingTargetsAreNamed) {
  REDBEE_REQUIRE(btf);
  auto object = open_plain_object();
  ASSERT_OK(object);
  auto program = object->load("kt_fentry", {.kind = ProgramKind::fentry, .target = "no_such_function"});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, Errc::not_found);
  EXPECT_THAT(program.error().message, HasSubstr("no_such_function"));
}

}  // namespace
}  // namespace redbee::kernel_test
