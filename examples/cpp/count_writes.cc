// Counts write(2) by process for a second, with Redbee's C++ library.
//   c++ … $(find_package(redbee): target redbee::redbee)
#include <redbee/compile.h>
#include <redbee/link.h>
#include <redbee/object.h>
#include <unistd.h>

#include <cstdio>

namespace {

constexpr char kProgram[] = R"(
  BPF_HASH(counts, u32, u64);
  TRACEPOINT_PROBE(syscalls, sys_enter_write) {
    counts.increment(bpf_get_current_pid_tgid() >> 32);
    return 0;
  }
)";

redbee::Status run() {
  redbee::Image image = TRY(redbee::compile({.text = kProgram}));
  redbee::Object object = TRY(redbee::Object::open(std::move(image)));
  redbee::Link link = TRY(redbee::attach_tracepoint(
      object, "tracepoint__syscalls__sys_enter_write", {.category = "syscalls", .name = "sys_enter_write"}));
  for (int i = 0; i < 100; i++) {
    if (write(STDERR_FILENO, "", 0) < 0) break;   // events of our own, so that there is something to see
  }
  sleep(1);
  redbee::Map counts = TRY(object.map("counts"));
  redbee::Entries entries = TRY(counts.entries());
  for (size_t i = 0; i < entries.size(); i++) {
    redbee::Value pid = decode(counts.types(), counts.facts().key, entries.key(i));
    redbee::Value count = decode(counts.types(), counts.facts().leaf, entries.value(i));
    bool is_self = pid.integer() == static_cast<uint64_t>(getpid());
    printf("%8s %8s%s\n", pid.to_text().c_str(), count.to_text().c_str(), is_self ? "  (this process)" : "");
  }
  return {};
}

}  // namespace

int main() {
  redbee::Status status = run();
  if (status) return 0;
  fprintf(stderr, "count_writes: %s\n", status.error().message.c_str());
  return 1;
}
