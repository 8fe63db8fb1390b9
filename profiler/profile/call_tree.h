// The call tree: the recording's tree of stacks with frames of one group (see FrameGroups) as one
// node, and the weights of one event at its nodes.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/profile/profile.h"
#include "profiler/profile/summary.h"

namespace redbee::profiler {

struct CallNode {
  uint32_t caller = 0;  // smaller than the node's own index; node 0 is the root
  uint32_t group = 0;
  uint64_t self = 0;
  uint64_t total = 0;
};

struct CallTree {
  std::vector<CallNode> nodes;
  // Recording::stacks → nodes, for the stacks that the profile's samples have; 0 for others.
  std::vector<uint32_t> node_of_stack;

  // By total, falling. Made once for all nodes: children[i] of node i.
  std::vector<std::vector<uint32_t>> sorted_children() const;
};

CallTree build_call_tree(const Profile& profile, const FrameGroups& groups, uint16_t event);

}  // namespace redbee::profiler
