// The warm start: an Image's bytes, already read, to an attached program.
#include <time.h>

#include <algorithm>

#include "redbee/link.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

double now_ms() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

TEST(Start, IsAFewMillisecondsFromBytesToLink) {
  auto image = read_image("probes");
  ASSERT_OK(image);
  double best_open = 1e9, best_load = 1e9, best_attach = 1e9;
  for (int i = 0; i < 20; i++) {
    double start = now_ms();
    auto object = Object::open(*image);
    ASSERT_OK(object);
    double opened = now_ms();
    ASSERT_OK(object->load("raw_tracepoint__sys_enter", {.kind = ProgramKind::raw_tracepoint}));
    double loaded = now_ms();
    auto link = attach_raw_tracepoint(*object, "raw_tracepoint__sys_enter", {.name = "sys_enter"});
    ASSERT_OK(link);
    best_open = std::min(best_open, opened - start);
    best_load = std::min(best_load, loaded - opened);
    best_attach = std::min(best_attach, now_ms() - loaded);
  }
  printf("best of 20: open %.2f ms, load %.2f ms, attach %.2f ms\n", best_open, best_load, best_attach);
}

TEST(Start, DoesNotParseTheKernelsBtfForTpBtf) {
  REDBEE_REQUIRE(tp_btf);
  double best = 1e9;
  for (int i = 0; i < 10; i++) {
    auto object = open_plain_object();
    ASSERT_OK(object);
    double start = now_ms();
    auto link = attach_tp_btf(*object, "kt_tp_btf");
    ASSERT_OK(link);
    best = std::min(best, now_ms() - start);
  }
  printf("best of 10: tp_btf load and attach %.2f ms\n", best);
}

}  // namespace
}  // namespace redbee::kernel_test
