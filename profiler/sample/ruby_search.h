// Waits for Ruby to start in processes that were forked or executed lately: looks into them again and
// again, ever more rarely, until there is an interpreter with everything in place or no hope.
//
// Used by one recording; belongs to its thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

#include "profiler/discover/ruby_process.h"
#include "profiler/sample/task_list.h"

namespace redbee::profiler {

class RubySearch {
 public:
  // Both outlive the search.
  RubySearch(const InspectOptions& inspect, TaskLister& lister) : inspect_(inspect), lister_(lister) {}

  // By the kernel's pid; `pid` is the one in /proc here. A search that is on already begins anew.
  void start(uint32_t kernel_pid, pid_t pid, uint64_t now_ns);
  void stop(uint32_t kernel_pid) { searches_.erase(kernel_pid); }
  bool is_on(uint32_t kernel_pid) const { return searches_.contains(kernel_pid); }

  // A Ruby that was found is told at once, and again when its names are complete; a failure when the
  // search is given up.
  struct Finding {
    uint32_t kernel_pid;
    uint64_t looked_ns;
    Result<RubyProcess> ruby;
  };
  std::vector<Finding> look(uint64_t now_ns);
  // How long to wait, timeout_ms at most.
  int until_next_ms(uint64_t now_ns, int timeout_ms) const;

 private:
  struct Search {
    pid_t pid = 0;
    uint64_t since_ns = 0, next_ns = 0, delay_ns = 0;
    bool is_told = false;
  };
  Result<RubyProcess> look_into(const Search& search, std::vector<rb_task>* tasks);
  bool goes_on(Search* search, const Result<RubyProcess>& ruby, uint64_t now_ns);

  const InspectOptions& inspect_;
  TaskLister& lister_;
  std::map<uint32_t, Search> searches_;
  FilesWithoutRuby files_without_ruby_;
};

}  // namespace redbee::profiler
