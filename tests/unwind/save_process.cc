// save_process PID < WHAT_RUBY_SAYS > FIXTURE: walks and names the main thread of a Ruby that stands
// still (tests/programs/known_stack.rb) and saves the memory that this needed. Standard input is what
// that program wrote. See tests/unwind/save_fixtures.
#include <cstdlib>
#include <iostream>

#include "profiler/commands/target.h"
#include "profiler/discover/live_checks.h"
#include "profiler/resolve/stack_names.h"
#include "profiler/testing/saved_process.h"
#include "profiler/unwind/host_walk.h"
#include "src/base/text.h"

using namespace redbee;
using namespace redbee::profiler;

namespace {

// FrameNames wants a memory of its own.
class Borrowed : public Memory {
 public:
  explicit Borrowed(const Memory& memory) : memory_(memory) {}
  bool read(uint64_t address, void* to, size_t size) const override { return memory_.read(address, to, size); }

 private:
  const Memory& memory_;
};

void touch_everything(const Target& target, const RecordingMemory& memory, SavedProcess* saved) {
  const HostStack stack = walk_stack(memory, saved->facts, saved->thread_pointer);
  Layout layout = saved->layout();
  check_layout(memory, {saved->ec}, &layout);
  for (bool learns : {false, true}) {
    FrameNames names(target.ruby.layout(), saved->global_symbols, std::make_unique<Borrowed>(memory));
    if (learns)
      for (const rb_name& name : stack.names) names.learn(name);
    StackNames stack_names([](const Frame&) { return FrameId{0}; });
    std::vector<FrameId> ids;
    const auto* frames = reinterpret_cast<const rb_frame*>(stack.slot->sample.words);
    stack_names.append(names, {frames, stack.slot->sample.ruby_frames}, 0, false, &ids);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto target = open_target(std::atoi(argv[1]), {});
  if (!target) {
    std::cerr << target.error().message << "\n";
    return 1;
  }
  SavedProcess saved;
  const RubyProcess& ruby = target->ruby;
  saved.version = ruby.binary().version;
  saved.facts = ruby.facts();
  saved.global_symbols = ruby.roots().global_symbols.address;
  saved.thread_pointer = target->threads.front().thread_pointer;
  const RecordingMemory memory(ruby.memory());
  saved.ec = find_execution_context(memory, saved.facts, saved.thread_pointer);
  for (int i = 0; i < static_cast<int>(LayoutField::count); ++i) {
    const auto field = static_cast<LayoutField>(i);
    if (ruby.layout().has(field)) saved.offsets.emplace_back(field_label(field), ruby.layout()[field]);
  }
  touch_everything(*target, memory, &saved);
  saved.memory = memory.saved();
  std::string line;
  while (std::getline(std::cin, line) && !line.empty()) {
    const auto cells = split(line, '\t');
    saved.expected.push_back({std::string(cells[0]), std::string(cells[1]), static_cast<int>(*parse_u64(cells[2]))});
  }
  std::cout << saved.text();
  return 0;
}
