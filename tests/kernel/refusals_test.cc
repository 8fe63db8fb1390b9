// What an attachment that cannot be says: of every kind to what is not there, of the wrong program, without
// the right, and when the verifier rejects it.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redbee/usdt.h"
#include "src/base/text.h"
#include "tests/kernel/kinds.h"
#include "tests/kernel/own_places.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

using testing::HasSubstr;

constexpr int kNoProcess = 0x3fffff;

struct Refusal {
  const char* name;
  std::vector<Feature> needs;
  Result<Link> (*attach)(Object& plain, Object& probes);
  Errc code;
  std::vector<const char*> says;
};

using O = Object&;

Result<Link> attach_tick_of_nobody(Object& plain, Object&) {
  auto known = TRY(read_usdt_probes({.pid = getpid()}));
  return attach_usdt(plain, "kt_uprobe", *find_usdt_probe(known, "redbee_test:tick"), {.pid = kNoProcess});
}

const std::vector<Refusal>& missing_targets() {
  static const std::vector<Refusal> table = {
      {"kprobe", {Feature::kprobe}, [](O, O o) { return attach_kprobe(o, "kprobe__vfs_read", {.symbol = "no_such_function"}); },
       Errc::not_found, {"attach kprobe no_such_function", "no such function in this kernel"}},
      {"kretprobe_maxactive", {Feature::kprobe},
       [](O, O o) { return attach_kprobe(o, "kretprobe__vfs_read", {.symbol = "no_such_function", .is_return = true, .max_active = 9}); },
       Errc::not_found, {"attach kretprobe no_such_function", "no such function in this kernel"}},
      {"kprobe_best", {}, [](O, O o) { return attach_kprobe_best(o, "kprobe__vfs_read", {.symbol = "no_such_function"}); },
       Errc::not_found, {"attach kprobe no_such_function", "no such function in this kernel"}},
      {"fentry", {Feature::btf}, [](O o, O) { return attach_fentry(o, "kt_fentry", {.target = "no_such_function"}); },
       Errc::not_found, {"kt_fentry", "fentry", "no_such_function", "BTF"}},
      {"fexit", {Feature::btf}, [](O o, O) { return attach_fexit(o, "kt_fexit", {.target = "no_such_function"}); },
       Errc::not_found, {"kt_fexit", "fexit", "no_such_function", "BTF"}},
      {"fmod_ret", {Feature::btf}, [](O o, O) { return attach_fmod_ret(o, "kt_fmod_ret", {.target = "no_such_function"}); },
       Errc::not_found, {"kt_fmod_ret", "fmod_ret", "no_such_function", "BTF"}},
      {"tp_btf", {Feature::btf}, [](O o, O) { return attach_tp_btf(o, "kt_tp_btf", {.target = "no_such_event"}); },
       Errc::not_found, {"kt_tp_btf", "tp_btf", "no_such_event", "BTF"}},
      {"lsm", {Feature::btf}, [](O o, O) { return attach_lsm(o, "kt_lsm", {.target = "no_such_hook"}); },
       Errc::not_found, {"kt_lsm", "lsm", "no_such_hook", "BTF"}},
      {"iter", {Feature::btf}, [](O o, O) { return attach_iter(o, "kt_iter", {.target = "no_such_iterator"}); },
       Errc::not_found, {"kt_iter", "iter", "no_such_iterator", "BTF"}},
      {"tracepoint", {Feature::tracefs},
       [](O, O o) { return attach_tracepoint(o, "tracepoint__syscalls__sys_enter_getpgid", {.category = "sched", .name = "sched_swtich"}); },
       Errc::not_found, {"attach tracepoint sched:sched_swtich", "sched_switch"}},
      {"raw_tracepoint", {}, [](O, O o) { return attach_raw_tracepoint(o, "raw_tracepoint__sys_enter", {.name = "no_such_event"}); },
       Errc::not_found, {"attach raw_tracepoint no_such_event", "no raw tracepoint no_such_event"}},
      {"uprobe_of_no_file", {Feature::uprobe}, [](O, O o) { return attach_uprobe(o, "on_entry", {.path = "/no/such/file", .symbol = "f"}); },
       Errc::not_found, {"attach uprobe /no/such/file:f", "no file /no/such/file"}},
      {"uprobe_of_no_symbol", {Feature::uprobe}, [](O, O o) { return attach_uprobe(o, "on_entry", {.path = "c", .symbol = "no_such_f"}); },
       Errc::not_found, {"attach uprobe c:no_such_f", "no symbol no_such_f in", "libc"}},
      {"uprobe_of_no_process", {Feature::uprobe},
       [](O, O o) { return attach_uprobe(o, "on_entry", {.path = "c", .symbol = "getpgid", .pid = kNoProcess}); },
       Errc::not_found, {"attach uprobe c:getpgid", "no process 4194303"}},
      {"uprobe_of_no_elf_file", {Feature::uprobe}, [](O, O o) { return attach_uprobe(o, "on_entry", {.path = "/etc/passwd", .symbol = "f"}); },
       Errc::invalid_argument, {"attach uprobe /etc/passwd:f", "/etc/passwd"}},
      {"usdt_of_no_process", {Feature::uprobe}, attach_tick_of_nobody, Errc::not_found, {"redbee_test:tick", "no process 4194303"}},
      {"perf_event_of_no_process", {}, [](O, O o) { return attach_perf_event(o, "on_clock", {.period = 1000000, .pid = kNoProcess}); },
       Errc::not_found, {"attach perf_event", "no process 4194303"}},
      {"perf_event_of_no_cpu", {}, [](O, O o) { return attach_perf_event(o, "on_clock", {.period = 1000000, .cpu = 4000}); },
       Errc::not_found, {"attach perf_event", "no CPU 4000"}},
      {"perf_event_of_no_type", {}, [](O, O o) { return attach_perf_event(o, "on_clock", {.type = 9999, .period = 1000000, .pid = getpid()}); },
       Errc::not_supported, {"attach perf_event type 9999", "no such event"}},
  };
  return table;
}

class MissingTarget : public testing::TestWithParam<size_t> {};

TEST_P(MissingTarget, IsNamedWithTheReason) {
  const Refusal& refusal = missing_targets()[GetParam()];
  for (Feature feature : refusal.needs) REDBEE_REQUIRE_FEATURE(feature);
  auto plain = open_plain_object(), probes = open_object("probes");
  ASSERT_OK(plain);
  ASSERT_OK(probes);
  auto link = refusal.attach(*plain, *probes);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, refusal.code) << link.error().message;
  for (const char* part : refusal.says) EXPECT_THAT(link.error().message, HasSubstr(part));
}

INSTANTIATE_TEST_SUITE_P(Of, MissingTarget, testing::Range<size_t>(0, missing_targets().size()),
                         [](const auto& instance) { return missing_targets()[instance.param].name; });

// -- the wrong program ----------------------------------------------------------------------------------

TEST(WrongProgram, IsRefusedByTheNamesOfBothKinds) {
  OwnNetwork network;
  if (!network.problem().empty()) GTEST_SKIP() << network.problem();
  auto object = open_plain_object();
  ASSERT_OK(object);
  Object& o = *object;
  struct {
    const char* wanted;
    Result<Link> link;
  } const cases[] = {
      {"kprobe", attach_kprobe(o, "kt_xdp", {.symbol = "vfs_read"})},
      {"kprobe", attach_uprobe(o, "kt_xdp", {.path = "c", .symbol = "getpgid", .pid = getpid()})},
      {"tracepoint", attach_tracepoint(o, "kt_xdp", {.category = "sched", .name = "sched_switch"})},
      {"raw_tracepoint", attach_raw_tracepoint(o, "kt_xdp", {.name = "sys_enter"})},
      {"perf_event", attach_perf_event(o, "kt_xdp", {.period = 1000000, .pid = getpid()})},
      {"fentry", attach_fentry(o, "kt_xdp", {.target = "vfs_read"})},
      {"fexit", attach_fexit(o, "kt_xdp", {.target = "vfs_read"})},
      {"fmod_ret", attach_fmod_ret(o, "kt_xdp", {.target = "security_task_getpgid"})},
      {"tp_btf", attach_tp_btf(o, "kt_xdp", {.target = "sys_enter"})},
      {"lsm", attach_lsm(o, "kt_xdp", {.target = "file_open"})},
      {"iter", attach_iter(o, "kt_xdp", {.target = "task"})},
      {"socket_filter", attach_socket_filter(o, "kt_xdp", {.interface = "lo"})},
      {"sched_cls", attach_tc(o, "kt_xdp", {.interface = "lo"})},
  };
  for (const auto& each : cases) {
    ASSERT_FALSE(each.link) << each.wanted;
    EXPECT_EQ(each.link.error().code, Errc::invalid_argument) << each.link.error().message;
    EXPECT_THAT(each.link.error().message, HasSubstr(cat("its section xdp makes it a xdp program, not ", each.wanted)));
  }
  auto fexit = attach_fentry(o, "kt_fexit", {.target = "vfs_read"});
  ASSERT_FALSE(fexit);
  EXPECT_THAT(fexit.error().message, HasSubstr("makes it a fexit program, not fentry"));
}

TEST(WrongProgram, TwiceOnAnInterfaceIsToldFromOthers) {
  OwnNetwork network;
  if (!network.problem().empty()) GTEST_SKIP() << network.problem();
  auto object = open_plain_object();
  ASSERT_OK(object);
  constexpr uint32_t kGeneric = 2, kDriver = 4;
  auto first = attach_xdp(*object, "kt_xdp", {.interface = "lo", .flags = kGeneric});
  ASSERT_OK(first);
  auto second = attach_xdp(*object, "kt_xdp", {.interface = "lo", .flags = kGeneric});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("attach xdp lo: another XDP program is on it"));
  ASSERT_OK(first->detach());
  auto driver = attach_xdp(*object, "kt_xdp", {.interface = "lo", .flags = kDriver});
  ASSERT_FALSE(driver);
  EXPECT_EQ(driver.error().code, Errc::not_supported) << driver.error().message;
}

TEST(Rejected, ProgramsShowTheVerifiersReasonAndTheLineOfEveryKind) {
  auto object = open_object("rejected");
  ASSERT_OK(object);
  Object& o = *object;
  const Result<Link> links[] = {
      attach_kprobe(o, "unchecked", {.symbol = "vfs_read"}),
      attach_uprobe(o, "unchecked", {.path = "c", .symbol = "getpgid", .pid = getpid()}),
      attach_perf_event(o, "unchecked", {.period = 1000000, .pid = getpid()}),
      attach_raw_tracepoint(o, "unchecked", {.name = "sys_enter"}),
  };
  for (const auto& link : links) {
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().code, Errc::verifier_rejected);
    EXPECT_THAT(link.error().message, HasSubstr("unchecked"));
    EXPECT_THAT(link.error().message, HasSubstr("map_value_or_null"));
    EXPECT_THAT(link.error().message, HasSubstr("*value = 5"));
    EXPECT_GT(link.error().log.size(), 3u);
  }
}

// -- without the right ----------------------------------------------------------------------------------

bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return syscall(SYS_capset, &header, none) == 0;
}

class WithoutCapabilities : public testing::TestWithParam<size_t> {
 protected:
  // What attaching says in a child without capabilities: "code message", empty when it was allowed. The
  // program is loaded there, or was before the capabilities were dropped.
  std::string refusal(const Kind& kind, bool is_loaded_before) {
    int answer[2];
    EXPECT_EQ(pipe2(answer, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
      auto object = kind.source.open();
      if (object && is_loaded_before) (void)kind.attach(*object, cgroup_.path());
      bool is_ready = object && drop_capabilities();
      auto link = is_ready ? kind.attach(*object, cgroup_.path()) : fail(Errc::os, "not ready");
      std::string text = link ? "" : cat(static_cast<int>(link.error().code), " ", link.error().message);
      _exit(write(answer[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    close(answer[1]);
    char text[8192] = "";
    EXPECT_GE(read(answer[0], text, sizeof text - 1), 0);
    close(answer[0]);
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    return text;
  }
  OwnNetwork network_;
  OwnCgroup cgroup_;
};

const char* capability_of(const Kind& kind) {
  std::string_view name = kind.name;
  if (name == "socket_filter") return "CAP_";   // CAP_BPF to load it, CAP_NET_RAW for the socket
  bool is_network = name == "xdp" || name.starts_with("tc") || name.starts_with("cgroup");
  return is_network ? "CAP_NET_ADMIN" : "CAP_PERFMON";
}

TEST_P(WithoutCapabilities, AttachingNamesTheOneThatIsMissing) {
  const Kind& kind = kinds()[GetParam()];
  for (Feature feature : kind.needs) REDBEE_REQUIRE_FEATURE(feature);
  for (const std::string& problem : {network_.problem(), cgroup_.problem()}) {
    if (!problem.empty()) GTEST_SKIP() << problem;
  }
  std::string code = cat(static_cast<int>(Errc::not_permitted), " ");
  for (bool is_loaded_before : {false, true}) {
    std::string text = refusal(kind, is_loaded_before);
    if (text.empty() && is_loaded_before) continue;   // a loaded program may be attached by anybody
    EXPECT_THAT(text, testing::StartsWith(code));
    EXPECT_THAT(text, HasSubstr(capability_of(kind))) << (is_loaded_before ? "attach" : "load");
  }
}

INSTANTIATE_TEST_SUITE_P(Of, WithoutCapabilities, testing::Range<size_t>(0, kinds().size()),
                         [](const auto& instance) { return kinds()[instance.param].name; });

}  // namespace
}  // namespace redbee::kernel_test
