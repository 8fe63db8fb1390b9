// Where exactly kprobes and uprobes are, in whom, and how many returns they can wait for.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "redbee/link.h"
#include "redbee/symbols.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "src/kernel/tracefs.h"
#include "tests/kernel/host.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"
#include "tests/kernel/targets.h"

namespace redbee::kernel_test {
namespace {

using testing::HasSubstr;
using testing::Not;

using Probes = ProbesTest;

// -- kprobes --------------------------------------------------------------------------------------------

std::string kprobe_events() { return *read_file(*tracefs_path() + "/kprobe_events"); }

TEST_F(Probes, AKprobeInsideAFunctionIsHitLikeItsEntry) {
  REDBEE_REQUIRE(kprobe);
  // The first instructions are the function tracer's; their length depends on the compiler's options.
  Result<Link> inside = fail(Errc::not_found, "");
  for (uint64_t offset : {4, 5, 9}) {
    if (!inside) inside = attach_kprobe(*object_, "kprobe__vfs_read", {.symbol = "vfs_read", .offset = offset});
  }
  ASSERT_OK(inside);
  EXPECT_THAT(inside->target(), HasSubstr("vfs_read+0x"));
  int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  char buffer[64];
  uint64_t before = count(kKprobe);
  for (int i = 0; i < 5; i++) ASSERT_EQ(read(fd, buffer, sizeof buffer), 64);
  EXPECT_EQ(count(kKprobe) - before, 5u);
  close(fd);
}

TEST_F(Probes, AKprobeInTheMiddleOfAnInstructionIsRefused) {
  REDBEE_REQUIRE(kprobe);
  auto link = attach_kprobe(*object_, "kprobe__vfs_read", {.symbol = "vfs_read", .offset = 1});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Errc::invalid_argument);
  EXPECT_THAT(link.error().message, HasSubstr("attach kprobe vfs_read+0x1: the kernel allows no probe there"));
}

TEST_F(Probes, AKretprobeTakesNoOffset) {
  auto link = attach_kprobe(*object_, "kretprobe__vfs_read", {.symbol = "vfs_read", .offset = 4, .is_return = true});
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().message, HasSubstr("return probes take no offset"));
}

// How many threads of this process wait for something.
size_t threads_asleep() {
  size_t asleep = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    auto stat = read_file(task.path().string() + "/stat");   // "12 (name) S …"
    if (stat && stat->find(") S ") != std::string::npos) asleep++;
  }
  return asleep;
}

// Threads that are all inside eventfd_read at the same time, then return.
void return_together(size_t threads, Object& object) {
  int fd = eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC);
  {
    std::vector<std::jthread> readers;
    for (size_t i = 0; i < threads; i++) {
      readers.emplace_back([fd] {
        uint64_t value;
        EXPECT_EQ(read(fd, &value, sizeof value), static_cast<ssize_t>(sizeof value));
      });
    }
    auto all_wait = [&] { return value_at(object, "counts", Probes::kKprobe) == threads && threads_asleep() == threads; };
    EXPECT_TRUE(comes_true(all_wait)) << "not all have come in";
    uint64_t all = threads;
    EXPECT_EQ(write(fd, &all, sizeof all), static_cast<ssize_t>(sizeof all));
  }
  close(fd);
}

TEST_F(Probes, MaxActiveIsHowManyReturnsAreWaitedFor) {
  REDBEE_REQUIRE(kprobe);
  REDBEE_REQUIRE(tracefs);
  constexpr size_t kThreads = 40;
  for (uint32_t max_active : {3u, 25u, 64u}) {
    ASSERT_OK(object_->map("counts")->clear());
    auto entry = attach_kprobe(*object_, "kprobe__vfs_read", {.symbol = "eventfd_read"});
    auto exit = attach_kprobe(*object_, "kretprobe__vfs_read", {.symbol = "eventfd_read", .is_return = true, .max_active = max_active});
    ASSERT_OK(entry);
    ASSERT_OK(exit);
    return_together(kThreads, *object_);
    EXPECT_EQ(count(kKprobe), kThreads);
    EXPECT_EQ(count(kKretprobe), std::min<uint64_t>(max_active, kThreads)) << "max_active " << max_active;
    EXPECT_EQ(exit->missed().value_or(0), kThreads - count(kKretprobe));
    EXPECT_FALSE(entry->missed());
  }
  EXPECT_THAT(kprobe_events(), Not(HasSubstr("redbee/")));
}

TEST_F(Probes, TheNextMaxActiveProbeRemovesThoseOfKilledProcesses) {
  REDBEE_REQUIRE(kprobe);
  REDBEE_REQUIRE(tracefs);
  int ready[2];
  ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
  KprobeOptions options{.symbol = "eventfd_read", .is_return = true, .max_active = 4};
  pid_t child = fork();
  if (child == 0) {
    auto link = attach_kprobe(*object_, "kretprobe__vfs_read", options);
    if (write(ready[1], link ? "y" : "n", 1) < 0) _exit(1);
    while (true) pause();
  }
  char answer = 0;
  EXPECT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  close(ready[0]);
  close(ready[1]);
  std::string theirs = cat("redbee/r_", child, "_");
  EXPECT_THAT(kprobe_events(), HasSubstr(theirs));
  EXPECT_OK(attach_kprobe(*object_, "kretprobe__vfs_read", options));
  EXPECT_THAT(kprobe_events(), HasSubstr(theirs)) << "that of a living process was taken away";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(kprobe_events(), HasSubstr(theirs));
  EXPECT_TRUE(comes_true([&] {
    auto link = attach_kprobe(*object_, "kretprobe__vfs_read", options);
    return link && kprobe_events().find(theirs) == std::string::npos;
  }));
}

// -- uprobes --------------------------------------------------------------------------------------------

TEST_F(Probes, AUprobeIsWhereItsSymbolOffsetOrAddressSays) {
  REDBEE_REQUIRE(uprobe);
  auto symbols = ElfSymbols::open("/proc/self/exe");
  ASSERT_OK(symbols);
  uint64_t address = symbols->find_function("redbee_test_steps")->address;
  const UprobeOptions places[] = {{.path = "/proc/self/exe", .symbol = "redbee_test_steps", .offset = 2},
                                  {.path = "/proc/self/exe", .address = address},
                                  {.path = "/proc/self/exe", .address = address, .offset = 3}};
  for (UprobeOptions place : places) {
    place.pid = getpid();
    ASSERT_OK(object_->map("sums")->clear());
    ASSERT_OK(object_->map("counts")->clear());
    auto link = attach_uprobe(*object_, "on_entry", place);
    ASSERT_OK(link);
    EXPECT_THAT(link->target(), testing::EndsWith(fmt::format("{:#x}", *symbols->file_offset(address + (place.symbol.empty() ? place.offset : 2)))));
    for (int i = 1; i <= 4; i++) EXPECT_EQ(redbee_test_steps(i), i);
    EXPECT_EQ(count(kUprobe), 4u);
    EXPECT_EQ(value_at(*object_, "sums", kUprobe), 10u);
  }
}

TEST_F(Probes, AUprobeOutsideOfCodeIsRefused) {
  REDBEE_REQUIRE(uprobe);
  auto link = attach_uprobe(*object_, "on_entry", {.path = "/proc/self/exe", .address = 0x7fffffffffff});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Errc::invalid_argument);
  EXPECT_THAT(link.error().message, HasSubstr("has no code at address 0x7fffffffffff"));
}

TEST_F(Probes, AUprobeOfOneProcessIsNotHitByAnother) {
  REDBEE_REQUIRE(uprobe);
  std::string path = REDBEE_FIXTURES "/libred.so";
  Host chosen, other;
  ASSERT_NE(chosen.address("open " + path), 0u);
  ASSERT_NE(other.address("open " + path), 0u);
  {
    auto link = attach_uprobe(*object_, "on_entry", {.path = path, .symbol = "colour_work", .pid = chosen.pid()});
    ASSERT_OK(link);
    aim_at(*object_, other.pid());
    other.ask("call 5");
    EXPECT_EQ(count(kUprobe), 0u);
    aim_at(*object_, chosen.pid());
    chosen.ask("call 6");
    EXPECT_EQ(count(kUprobe), 6u);
  }
  auto link = attach_uprobe(*object_, "on_entry", {.path = path, .symbol = "colour_work"});
  ASSERT_OK(link);
  for (Host* host : {&chosen, &other}) {
    aim_at(*object_, host->pid());
    host->ask("call 10");
  }
  EXPECT_EQ(count(kUprobe), 26u);
}

}  // namespace
}  // namespace redbee::kernel_test
