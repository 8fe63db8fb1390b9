#include "redbee/program.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <utility>

#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {

Result<TestRun> Program::test_run(const TestRunOptions& options) const {
  TestRun run;
  run.data.resize(options.output_bytes);
  LIBBPF_OPTS(bpf_test_run_opts, call);
  call.data_in = options.data.empty() ? nullptr : options.data.data();
  call.data_size_in = static_cast<uint32_t>(options.data.size());
  call.data_out = run.data.empty() ? nullptr : run.data.data();
  call.data_size_out = static_cast<uint32_t>(run.data.size());
  call.ctx_in = options.context.empty() ? nullptr : options.context.data();
  call.ctx_size_in = static_cast<uint32_t>(options.context.size());
  // Raw tracepoints take no repeat count.
  call.repeat = type_ == BPF_PROG_TYPE_RAW_TRACEPOINT ? 0 : static_cast<int>(options.repeat);
  if (bpf_prog_test_run_opts(fd_, &call) < 0) return os_error(cat("test run of ", name()));
  run.return_value = call.retval;
  run.duration_ns = call.duration;
  run.data.resize(call.data_size_out);
  return run;
}

Result<ProgramStats> Program::stats() const {
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd_, &info, &size) < 0) return os_error(cat("read statistics of ", name()));
  return ProgramStats{info.run_time_ns, info.run_cnt, info.recursion_misses};
}

Status Program::pin(const std::string& path) const {
  if (bpf_obj_pin(fd_, path.c_str()) < 0) return os_error(cat("pin program ", name(), " to ", path, " (a bpffs?)"));
  return {};
}

Result<RunStats> RunStats::enable() {
  int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) return os_error("enable BPF run statistics (Linux 5.8)");
  return RunStats(fd);
}

RunStats::RunStats(RunStats&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
RunStats& RunStats::operator=(RunStats&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
RunStats::~RunStats() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace redbee
