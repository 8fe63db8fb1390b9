// Filters on a network interface's clsact qdisc: how tc is attached before Linux 6.6, where it has no
// links. Such a filter outlives its process. So the filter is a guard that only jumps into a program
// array; the array's slot holds the user's program, and the kernel empties it when the last process
// that has the array open is gone, however it ends. What a killed process leaves is a filter that does
// nothing, and that anybody can tell from a live one by its empty array.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee {

struct ClsactPlace {
  int interface = 0;
  bool is_egress = false;
  uint32_t priority = 1;
  uint32_t handle = 1;
};

struct ClsactFilter {
  ClsactPlace place;
  uint32_t program_id = 0;    // 0: not a BPF filter
};

// Both directions; none when there is no clsact qdisc.
Result<std::vector<ClsactFilter>> list_clsact_filters(int interface);

struct GuardedFilter {
  ClsactPlace place;
  UniqueFd array;             // closing it switches the filter off
  bool owns_qdisc = false;
};

// Makes the qdisc when there is none.
Result<GuardedFilter> add_guarded_filter(int program_fd, const ClsactPlace& place);
// The qdisc goes too when a Link made it and this leaves it empty.
Status remove_filter(const ClsactPlace& place, bool owns_qdisc);
// Removes the guards whose process is gone; returns how many.
Result<size_t> sweep_dead_filters(int interface);
Result<size_t> sweep_dead_filters_everywhere();

}  // namespace redbee
