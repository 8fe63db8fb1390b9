#include "profiler/profile/call_tree.h"

#include <algorithm>

#include "profiler/recording/intern_table.h"

namespace redbee::profiler {

namespace {

// Stacks that are, or are the callers of, a stack with samples.
std::vector<bool> used_stacks(const Profile& profile) {
  const std::vector<StackRow>& stacks = profile.recording->stacks;
  std::vector<bool> used(stacks.size());
  for (const StackCount& count : profile.counts) used[count.stack] = true;
  for (size_t i = stacks.size(); i-- > 1;) {
    if (used[i]) used[stacks[i].caller] = true;
  }
  return used;
}

}  // namespace

CallTree build_call_tree(const Profile& profile, const FrameGroups& groups, uint16_t event) {
  const std::vector<StackRow>& stacks = profile.recording->stacks;
  std::vector<bool> used = used_stacks(profile);
  CallTree tree;
  tree.nodes.emplace_back();
  tree.node_of_stack.assign(stacks.size(), 0);
  InternTable<uint64_t, MixHash> ids(1);
  for (StackId i = 1; i < stacks.size(); i++) {
    if (!used[i]) continue;
    uint32_t caller = tree.node_of_stack[stacks[i].caller];
    uint32_t group = groups.group_of_frame(stacks[i].frame);
    Interned node = ids.intern(stack_key(caller, group));
    if (node.is_new) tree.nodes.push_back({caller, group, 0, 0});
    tree.node_of_stack[i] = node.id;
  }
  for (const StackCount& count : profile.counts) {
    if (count.event == event) tree.nodes[tree.node_of_stack[count.stack]].self += count.weight;
  }
  // Callees come after their callers, so backwards every total is whole before it is passed on.
  for (size_t i = tree.nodes.size(); i-- > 0;) {
    CallNode& node = tree.nodes[i];
    node.total += node.self;
    if (i) tree.nodes[node.caller].total += node.total;
  }
  return tree;
}

std::vector<std::vector<uint32_t>> CallTree::sorted_children() const {
  std::vector<std::vector<uint32_t>> children(nodes.size());
  for (uint32_t i = 1; i < nodes.size(); i++) children[nodes[i].caller].push_back(i);
  for (auto& list : children) {
    std::stable_sort(list.begin(), list.end(),
                     [&](uint32_t a, uint32_t b) { return nodes[a].total > nodes[b].total; });
  }
  return children;
}

}  // namespace redbee::profiler
