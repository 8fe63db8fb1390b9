// Of every kind of attachment nothing stays in the kernel: not when its Link dies, and not when its
// process is killed. An attachment holds its program, and a program its maps; so once the map is gone,
// the program and whatever held it are. What is not held like that (filters, tracefs events) is
// compared before and after.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "src/base/file.h"
#include "src/base/text.h"
#include "src/kernel/tracefs.h"
#include "tests/kernel/kinds.h"
#include "tests/kernel/own_places.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

// -- what is in the kernel ------------------------------------------------------------------------------

using Lines = std::set<std::string>;

void add_lines(Lines& lines, const std::string& path, std::string_view only) {
  auto text = read_file(path);
  if (!text) return;
  for (std::string_view line : split(*text, '\n', false)) {
    if (line.find(only) != line.npos) lines.insert(cat(path, ": ", line));
  }
}

void add_output(Lines& lines, const std::string& command) {
  FILE* pipe = popen(command.c_str(), "re");
  char line[512];
  while (pipe && fgets(line, sizeof line, pipe)) lines.insert(cat(command, ": ", line));
  if (pipe) pclose(pipe);
}

void add_cgroup_programs(Lines& lines, const std::string& cgroup) {
  auto fd = open_file(cgroup, O_RDONLY | O_DIRECTORY);
  for (bpf_attach_type type : {BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS, BPF_CGROUP_INET_SOCK_CREATE}) {
    uint32_t ids[8], count = 8;
    if (!fd || bpf_prog_query(fd->get(), type, 0, nullptr, ids, &count) < 0) continue;
    for (uint32_t i = 0; i < count; i++) lines.insert(cat("cgroup attach type ", static_cast<int>(type), ": program ", ids[i]));
  }
}

// All that an attachment could leave beside its program, in this network, this cgroup and tracefs.
Lines traces(const Kind& kind, const std::string& cgroup) {
  Lines lines;
  // One process, and for these kinds alone: a start is slow in a guest.
  if (std::string_view(kind.name).starts_with("tc")) {
    add_output(lines, "printf 'qdisc show dev lo\\nfilter show dev lo ingress\\nfilter show dev lo egress\\n' | tc -force -batch - 2>&1");
  }
  uint32_t xdp = 0;
  if (bpf_xdp_query_id(static_cast<int>(if_nametoindex("lo")), 0, &xdp) == 0 && xdp) lines.insert(cat("xdp program ", xdp));
  add_cgroup_programs(lines, cgroup);
  std::string root = tracefs_path().value_or("/sys/kernel/tracing");
  add_lines(lines, root + "/kprobe_events", "redbee/");
  add_lines(lines, root + "/uprobe_events", "redbee/");
  add_lines(lines, root + "/enabled_functions", "vfs_read");
  add_lines(lines, "/sys/kernel/debug/kprobes/list", "vfs_read");
  return lines;
}

std::vector<uint32_t> programs_using(uint32_t map_id) {
  std::vector<uint32_t> programs;
  for (uint32_t id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    UniqueFd fd(bpf_prog_get_fd_by_id(id));
    uint32_t maps[16], size = sizeof(bpf_prog_info);
    bpf_prog_info info{};
    info.nr_map_ids = 16;
    info.map_ids = reinterpret_cast<uintptr_t>(maps);
    if (!fd.is_open() || bpf_obj_get_info_by_fd(fd.get(), &info, &size) < 0) continue;
    if (std::count(maps, maps + std::min(info.nr_map_ids, 16u), map_id)) programs.push_back(id);
  }
  return programs;
}

bool map_exists(uint32_t id) { return PinnedMap::open_id(id).has_value(); }

// -- the tests ------------------------------------------------------------------------------------------

uint32_t map_of(const Object& object, const Kind& kind) { return object.map(kind.source.map)->info().id; }

class Teardown : public testing::TestWithParam<size_t> {
 protected:
  void SetUp() override {
    for (Feature feature : kind().needs) REDBEE_REQUIRE_FEATURE(feature);
    for (const std::string& problem : {network_.problem(), cgroup_.problem()}) {
      if (!problem.empty()) GTEST_SKIP() << problem;
    }
    before_ = traces(kind(), cgroup_.path());
  }
  const Kind& kind() const { return kinds()[GetParam()]; }

  // The Object is closed by now: only an attachment can hold the program.
  void expect_attached(uint32_t map_id) { EXPECT_FALSE(programs_using(map_id).empty()); }
  void expect_nothing_left(uint32_t map_id) {
    EXPECT_TRUE(comes_true([&] { return !map_exists(map_id); })) << "the program or its map is still there";
    comes_true([&] { return traces(kind(), cgroup_.path()) == before_; });
    EXPECT_EQ(traces(kind(), cgroup_.path()), before_);
  }

  OwnNetwork network_;
  OwnCgroup cgroup_;
  Lines before_;
};

TEST_P(Teardown, LeavesNothingWhenTheLinkDies) {
  auto object = kind().source.open();
  ASSERT_OK(object);
  uint32_t map_id = map_of(*object, kind());
  {
    auto link = kind().attach(*object, cgroup_.path());
    ASSERT_OK(link);
    object = fail(Errc::not_found, "closed");
    expect_attached(map_id);
  }
  expect_nothing_left(map_id);
}

// In the child: attaches, tells the map's id or what went wrong, and waits to be killed.
[[noreturn]] void attach_and_wait(const Kind& kind, const std::string& cgroup, int answer) {
  auto object = kind.source.open();
  if (object) {
    std::string id = std::to_string(map_of(*object, kind));
    auto link = kind.attach(*object, cgroup);
    std::string text = link ? id : cat("!", link.error().message);
    object = fail(Errc::not_found, "closed");
    if (write(answer, text.data(), text.size()) < 0) _exit(1);
    while (true) pause();
  }
  _exit(1);
}

TEST_P(Teardown, LeavesNothingWhenTheProcessIsKilled) {
  int answer[2];
  ASSERT_EQ(pipe2(answer, O_CLOEXEC), 0);
  pid_t child = fork();
  if (child == 0) attach_and_wait(kind(), cgroup_.path(), answer[1]);
  close(answer[1]);
  char text[4096] = "";
  EXPECT_GT(read(answer[0], text, sizeof text - 1), 0);
  close(answer[0]);
  auto map_id = parse_u64(text);
  EXPECT_TRUE(map_id) << text;
  if (map_id) expect_attached(static_cast<uint32_t>(*map_id));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  if (!map_id) return;
  EXPECT_TRUE(comes_true([&] { return !map_exists(static_cast<uint32_t>(*map_id)); })) << "the program outlives its process";
  if (kind().has_husk) {
    EXPECT_OK(sweep_dead_attachments());
  }
  expect_nothing_left(static_cast<uint32_t>(*map_id));
}

std::vector<size_t> indices() {
  std::vector<size_t> all(kinds().size());
  for (size_t i = 0; i < all.size(); i++) all[i] = i;
  return all;
}

INSTANTIATE_TEST_SUITE_P(Of, Teardown, testing::ValuesIn(indices()),
                         [](const auto& instance) { return kinds()[instance.param].name; });

}  // namespace
}  // namespace redbee::kernel_test
