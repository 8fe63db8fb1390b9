#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "redbee/link.h"
#include "redbee/symbols.h"
#include "redbee/usdt.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "src/kernel/tracefs.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"
#include "tests/kernel/targets.h"

namespace redbee::kernel_test {
namespace {

using testing::HasSubstr;

class Attach : public ProbesTest {
 protected:
  void call_getpgid(int times) {
    for (int i = 0; i < times; i++) ASSERT_EQ(getpgid(getpid()), getpgrp());
  }
  // Exactly `bytes` in one read; only that is counted, not what attaching and detaching read.
  void read_bytes_counted(size_t bytes) {
    aim_at(*object_, getpid());
    read_bytes(bytes);
    aim_at(*object_, 0);
  }
  void read_bytes(size_t bytes) {
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    char buffer[4096];
    ASSERT_EQ(read(fd, buffer, bytes), static_cast<ssize_t>(bytes));
    close(fd);
  }
};

TEST_F(Attach, TracepointCountsUntilItsLinkDies) {
  REDBEE_REQUIRE(syscall_tracepoints);
  {
    auto link = attach_tracepoint(*object_, "tracepoint__syscalls__sys_enter_getpgid", {.category = "syscalls", .name = "sys_enter_getpgid"});
    ASSERT_OK(link);
    EXPECT_EQ(link->method(), "tracepoint");
    call_getpgid(10);
    EXPECT_EQ(count(kTracepoint), 10u);
    EXPECT_EQ(sum(kTracepoint), 10u * static_cast<uint64_t>(getpid()));
  }
  call_getpgid(5);
  EXPECT_EQ(count(kTracepoint), 10u);
}

TEST_F(Attach, UnknownTracepointsAreAnsweredWithNearOnes) {
  REDBEE_REQUIRE(syscall_tracepoints);
  auto link = attach_tracepoint(*object_, "tracepoint__syscalls__sys_enter_getpgid", {.category = "syscalls", .name = "sys_enter_getpgd"});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Errc::not_found);
  EXPECT_THAT(link.error().message, HasSubstr("sys_enter_getpgid"));
}

TEST_F(Attach, RawTracepointCountsUntilItIsDetached) {
  auto link = attach_raw_tracepoint(*object_, "raw_tracepoint__sys_enter", {.name = "sys_enter"});
  ASSERT_OK(link);
  call_getpgid(7);
  EXPECT_EQ(count(kRaw), 7u);
  ASSERT_OK(link->detach());
  call_getpgid(7);
  EXPECT_EQ(count(kRaw), 7u);
  EXPECT_FALSE(attach_raw_tracepoint(*object_, "raw_tracepoint__sys_enter", {.name = "no_such_event"}));
}

TEST_F(Attach, TpBtfCounts) {
  REDBEE_REQUIRE(tp_btf);
  auto plain = open_plain_object();
  ASSERT_OK(plain);
  auto link = attach_tp_btf(*plain, "kt_tp_btf");
  ASSERT_OK(link);
  call_getpgid(3);
  EXPECT_EQ(value_at(*plain, "kt_plain", 0), 3u);
}

TEST_F(Attach, FentryOfAPlainObjectCounts) {
  REDBEE_REQUIRE(fentry);
  auto plain = open_plain_object();
  ASSERT_OK(plain);
  auto link = attach_fentry(*plain, "kt_fentry");
  ASSERT_OK(link);
  read_bytes(10);
  EXPECT_GE(value_at(*plain, "kt_plain", 6), 1u);
}

TEST_F(Attach, LsmSeesFilesOpened) {
  REDBEE_REQUIRE(lsm);
  auto plain = open_plain_object();
  ASSERT_OK(plain);
  auto link = attach_lsm(*plain, "kt_lsm");
  ASSERT_OK(link);
  read_bytes(1);
  EXPECT_GE(value_at(*plain, "kt_plain", 1), 1u);
}

TEST_F(Attach, FmodRetChangesTheAnswerUntilItsLinkDies) {
  REDBEE_REQUIRE(fmod_ret);
  auto plain = open_plain_object();
  ASSERT_OK(plain);
  {
    auto link = attach_fmod_ret(*plain, "kt_fmod_ret");
    ASSERT_OK(link);
    EXPECT_EQ(getpgid(getpid()), -1);
    EXPECT_EQ(errno, EACCES);
  }
  EXPECT_EQ(getpgid(getpid()), getpgrp());
  EXPECT_EQ(value_at(*plain, "kt_plain", 10), 1u);
}

// "12 10" for thread 12 of process 10, of every line.
std::set<std::pair<int, int>> tasks_in(const std::string& text) {
  std::set<std::pair<int, int>> tasks;
  for (std::string_view line : split(text, '\n', false)) {
    auto words = split(line, ' ');
    if (words.size() == 2) tasks.emplace(atoi(std::string(words[0]).c_str()), atoi(std::string(words[1]).c_str()));
  }
  return tasks;
}

TEST_F(Attach, IterShowsTheTasksThatProcShows) {
  REDBEE_REQUIRE(iter);
  auto object = open_iterator_object();
  ASSERT_OK(object);
  auto link = attach_iter(*object, "kt_iter_task");
  ASSERT_OK(link);
  std::vector<std::jthread> threads;
  std::atomic<bool> stop = false;
  for (int i = 0; i < 3; i++) threads.emplace_back([&] { stop.wait(false); });
  auto text = read_iter(*link);
  ASSERT_OK(text);
  std::set<std::pair<int, int>> tasks = tasks_in(*text), ours;
  EXPECT_EQ(tasks.size(), value_at(*object, "kt_tasks", 0));
  std::copy_if(tasks.begin(), tasks.end(), std::inserter(ours, ours.end()), [](const auto& t) { return t.second == getpid(); });
  std::set<std::pair<int, int>> expected;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    expected.emplace(std::stoi(entry.path().filename()), getpid());
  }
  EXPECT_EQ(ours, expected);
  EXPECT_EQ(expected.size(), 4u);
  stop = true;
  stop.notify_all();
  threads.clear();
  EXPECT_TRUE(comes_true([&] {   // a thread is seen for a moment after it was joined
    auto after = tasks_in(*read_iter(*link));
    return std::all_of(expected.begin(), expected.end(), [&](const auto& t) { return after.count(t) == (t.first == getpid()); });
  }));
}

// -- kprobes ------------------------------------------------------------------------------------------

TEST_F(Attach, KprobeAndKretprobeSeeArgumentsAndResults) {
  REDBEE_REQUIRE(kprobe);
  aim_at(*object_, 0);
  auto entry = attach_kprobe(*object_, "kprobe__vfs_read", {.symbol = "vfs_read"});
  auto exit = attach_kprobe(*object_, "kretprobe__vfs_read", {.symbol = "vfs_read", .is_return = true});
  ASSERT_OK(entry);
  ASSERT_OK(exit);
  read_bytes_counted(123);
  EXPECT_EQ(count(kKprobe), 1u);
  EXPECT_EQ(sum(kKprobe), 123u);
  EXPECT_EQ(sum(kKretprobe), 123u);
}

TEST_F(Attach, KretprobeWithMaxActiveLeavesNoTracefsEvent) {
  REDBEE_REQUIRE(kprobe);
  REDBEE_REQUIRE(tracefs);
  std::string events = *tracefs_path() + "/kprobe_events";
  {
    auto link = attach_kprobe(*object_, "kretprobe__vfs_read", {.symbol = "vfs_read", .is_return = true, .max_active = 64});
    ASSERT_OK(link);
    EXPECT_THAT(*read_file(events), HasSubstr("vfs_read"));
    read_bytes(50);
  }
  EXPECT_GE(sum(kKretprobe), 50u);
  EXPECT_THAT(*read_file(events), testing::Not(HasSubstr("redbee/")));
}

TEST_F(Attach, AMissingFunctionIsAnsweredWithItsRelatives) {
  REDBEE_REQUIRE(kprobe);
  auto link = attach_kprobe(*object_, "kprobe__vfs_read", {.symbol = "sys_getpgid"});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Errc::not_found);
  EXPECT_THAT(link.error().message, HasSubstr("__x64_sys_getpgid"));
}

TEST_F(Attach, WithoutKprobesSaysSo) {
  Features features;
  if (features.has(Feature::kprobe)) GTEST_SKIP() << "this kernel has kprobes";
  auto link = attach_kprobe(*object_, "kprobe__vfs_read", {.symbol = "vfs_read"});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Errc::not_supported);
  EXPECT_THAT(link.error().message, HasSubstr("kprobe"));
}

TEST_F(Attach, BestUsesFentryWhereTheKernelHasIt) {
  REDBEE_REQUIRE(fentry);
  aim_at(*object_, 0);
  auto entry = attach_kprobe_best(*object_, "kprobe__vfs_read", {.symbol = "vfs_read"});
  auto exit = attach_kprobe_best(*object_, "kretprobe__vfs_read", {.symbol = "vfs_read", .is_return = true});
  ASSERT_OK(entry);
  ASSERT_OK(exit);
  EXPECT_EQ(entry->method(), "fentry");
  EXPECT_EQ(exit->method(), "fexit");
  read_bytes_counted(321);
  EXPECT_EQ(sum(kKprobe), 321u);
  EXPECT_EQ(sum(kKretprobe), 321u);
}

TEST_F(Attach, BestObeysThePreference) {
  REDBEE_REQUIRE(kprobe);
  auto link = attach_kprobe_best(*object_, "kprobe__vfs_read", {.symbol = "vfs_read"}, AttachPreference::kprobe);
  ASSERT_OK(link);
  EXPECT_EQ(link->method(), "kprobe");
}

TEST_F(Attach, BestReachesSystemCallsOnEveryKernel) {
  auto entry = attach_kprobe_best(*object_, "syscall__getpgid", {.symbol = "sys_getpgid"});
  auto exit = attach_kprobe_best(*object_, "getpgid_returns", {.symbol = "__x64_sys_getpgid", .is_return = true});
  ASSERT_OK(entry);
  ASSERT_OK(exit);
  call_getpgid(4);
  EXPECT_EQ(count(kSyscall), 4u) << entry->method();
  EXPECT_EQ(sum(kSyscall), 4u * static_cast<uint64_t>(getpid())) << entry->method();
  EXPECT_EQ(count(kSyscallReturn), 4u) << exit->method();
  EXPECT_EQ(sum(kSyscallReturn), 4u * static_cast<uint64_t>(getpgrp())) << exit->method();
}

TEST_F(Attach, RawTwinsServeSystemCallsByTheirNumber) {
  auto link = attach_kprobe_best(*object_, "syscall__getpgid", {.symbol = "sys_getpgid"}, AttachPreference::raw);
  auto exit = attach_kprobe_best(*object_, "getpgid_returns", {.symbol = "sys_getpgid", .is_return = true}, AttachPreference::raw);
  ASSERT_OK(link);
  ASSERT_OK(exit);
  EXPECT_EQ(link->method(), "raw_syscall");
  call_getpgid(6);
  getppid();
  EXPECT_EQ(count(kSyscall), 6u);
  EXPECT_EQ(sum(kSyscall), 6u * static_cast<uint64_t>(getpid()));
  EXPECT_EQ(sum(kSyscallReturn), 6u * static_cast<uint64_t>(getpgrp()));
}

// -- user space ---------------------------------------------------------------------------------------

TEST_F(Attach, UprobeAndUretprobeSeeArgumentsAndResults) {
  REDBEE_REQUIRE(uprobe);
  auto entry = attach_uprobe(*object_, "on_entry", {.path = "/proc/self/exe", .symbol = "redbee_test_add", .pid = getpid()});
  auto exit = attach_uprobe(*object_, "on_return", {.path = "/proc/self/exe", .symbol = "redbee_test_add", .pid = getpid(), .is_return = true});
  ASSERT_OK(entry);
  ASSERT_OK(exit);
  for (int i = 0; i < 10; i++) redbee_test_add(i, 100);
  EXPECT_EQ(count(kUprobe), 10u);
  EXPECT_EQ(sum(kUprobe), 45u);
  EXPECT_EQ(sum(kUretprobe), 1045u);
  ASSERT_OK(entry->detach());
  redbee_test_add(1, 1);
  EXPECT_EQ(count(kUprobe), 10u);
}

TEST_F(Attach, UprobeFindsALibraryByItsShortName) {
  REDBEE_REQUIRE(uprobe);
  auto link = attach_uprobe(*object_, "on_entry", {.path = "c", .symbol = "getpgid", .pid = getpid()});
  ASSERT_OK(link);
  EXPECT_THAT(link->target(), HasSubstr("libc"));
  call_getpgid(3);
  EXPECT_EQ(count(kUprobe), 3u);
}

TEST_F(Attach, UprobeSaysWhatItCouldNotFind) {
  REDBEE_REQUIRE(uprobe);
  auto no_symbol = attach_uprobe(*object_, "on_entry", {.path = "/proc/self/exe", .symbol = "no_such_symbol"});
  ASSERT_FALSE(no_symbol);
  EXPECT_THAT(no_symbol.error().message, HasSubstr("no symbol no_such_symbol"));
  auto no_library = attach_uprobe(*object_, "on_entry", {.path = "no_such_library", .symbol = "f"});
  ASSERT_FALSE(no_library);
  EXPECT_THAT(no_library.error().message, HasSubstr("libno_such_library.so"));
  auto no_process = attach_uprobe(*object_, "on_entry", {.path = "c", .symbol = "getpgid", .pid = 0x3ffffff});
  ASSERT_FALSE(no_process);
  EXPECT_EQ(no_process.error().code, Errc::not_found);
}

TEST(Usdt, ReadsArgumentsAtEveryLocationAndCountsTheSemaphore) {
  REDBEE_REQUIRE(uprobe);
  REDBEE_REQUIRE(usdt_semaphore);
  auto object = open_object("usdt");
  ASSERT_OK(object);
  auto probes = read_usdt_probes({.pid = getpid()});
  ASSERT_OK(probes);
  const UsdtProbe* probe = find_usdt_probe(*probes, "redbee_test:tick");
  ASSERT_NE(probe, nullptr);
  EXPECT_EQ(probe->locations.size(), 2u);
  EXPECT_FALSE(redbee_test_tick_is_enabled());
  {
    auto link = attach_usdt(*object, "on_tick", *probe, {.pid = getpid()});
    ASSERT_OK(link);
    EXPECT_EQ(link->size(), 2u);
    EXPECT_TRUE(redbee_test_tick_is_enabled());
    long weights[3] = {0, 0, 1000};
    redbee_test_tick_here(5, 70);
    redbee_test_tick_here(5, 7);
    redbee_test_tick_there(200, weights);
  }
  EXPECT_FALSE(redbee_test_tick_is_enabled());
  std::map<uint64_t, uint64_t> ticks;
  auto entries = object->map("ticks")->entries();
  ASSERT_OK(entries);
  for (size_t i = 0; i < entries->size(); i++) {
    ticks[*reinterpret_cast<const uint64_t*>(entries->key(i).data())] = *reinterpret_cast<const uint64_t*>(entries->value(i).data());
  }
  EXPECT_EQ(ticks, (std::map<uint64_t, uint64_t>{{5, 77}, {200, 1000}}));
}

// -- clocks and sockets ---------------------------------------------------------------------------------

TEST_F(Attach, PerfEventSamplesThisProcess) {
  REDBEE_REQUIRE(perf_event_software);
  auto link = attach_perf_event(*object_, "on_clock", {.period = 1000000, .pid = getpid()});
  ASSERT_OK(link);
  timespec start, now;   // of the time that this process runs: so does the event's clock
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  do {
    for (int i = 0; i < 100000; i++) redbee_test_add(i, i);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while (count(kClock) < 5 && now.tv_sec - start.tv_sec < 10);
  EXPECT_GE(count(kClock), 5u);
}

TEST_F(Attach, PerfEventWantsAPeriodOrAFrequency) {
  EXPECT_FALSE(attach_perf_event(*object_, "on_clock", {.pid = getpid()}));
  EXPECT_FALSE(attach_perf_event(*object_, "on_clock", {.period = 1, .frequency_hz = 1, .pid = getpid()}));
}

TEST_F(Attach, PinNeedsABpffs) {
  auto link = attach_raw_tracepoint(*object_, "raw_tracepoint__sys_enter", {.name = "sys_enter"});
  ASSERT_OK(link);
  auto pinned = link->pin("/proc/not_a_bpffs");
  ASSERT_FALSE(pinned);
}

TEST_F(Attach, MovedLinksStayAttachedOnce) {
  std::vector<Link> links;
  links.push_back(*attach_raw_tracepoint(*object_, "raw_tracepoint__sys_enter", {.name = "sys_enter"}));
  links.reserve(100);
  getpgid(0);
  EXPECT_EQ(count(kRaw), 1u);
  links.clear();
  getpgid(0);
  EXPECT_EQ(count(kRaw), 1u);
}

}  // namespace
}  // namespace redbee::kernel_test
