// `callgrind`: self cost by function and line, and inclusive cost by call, a column an event.
#include <map>
#include <set>

#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "redbee/version.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

using Costs = std::vector<uint64_t>;

struct Call {
  uint32_t callee;
  int32_t line;         // in the caller
  int32_t callee_line;  // where the callee begins, as far as known
  auto operator<=>(const Call&) const = default;
};

struct Function {
  std::map<int32_t, Costs> self;  // by line
  std::map<Call, Costs> calls;
};

class CallgrindWriter {
 public:
  CallgrindWriter(const Report& report, Output& out)
      : report_(report),
        recording_(report.recording()),
        profile_(report.profile),
        out_(out),
        events_(profile_.events()),
        groups_(recording_, Detail::method),
        functions_(groups_.size()),
        called_(groups_.size()) {}

  void write() {
    for (const StackCount& count : profile_.counts) add(count);
    write_head();
    for (uint32_t i = 0; i < functions_.size(); i++) write_function(i);
    out_.text("\ntotals:");
    for (uint16_t event : events_) out_.print(" {}", profile_.totals[event].weight);
    // callgrind's readers pass over comments.
    out_.print("\n# {}\n", losses_json(profile_));
  }

 private:
  void add(const StackCount& count) {
    if (!count.stack) return;
    size_t column = 0;
    while (events_[column] != count.event) column++;
    add_cost(functions_[groups_.group_of_stack(count.stack)].self[line_at(count.stack)], column,
             count.weight);
    // A call counts once a stack, however often recursion repeats it.
    std::set<std::pair<uint32_t, Call>> seen;
    for (StackId s = count.stack; recording_.stacks[s].caller; s = recording_.stacks[s].caller) {
      StackId caller = recording_.stacks[s].caller;
      Call call{groups_.group_of_stack(s), line_at(caller),
                groups_.frame(groups_.group_of_stack(s)).line};
      uint32_t function = groups_.group_of_stack(caller);
      if (!seen.emplace(function, call).second) continue;
      add_cost(functions_[function].calls[call], column, count.weight);
    }
  }

  int32_t line_at(StackId stack) const { return std::max(recording_.frame(stack).line, 0); }

  void add_cost(Costs& costs, size_t column, uint64_t weight) const {
    costs.resize(events_.size());
    costs[column] += weight;
  }

  void write_head() {
    out_.print("# callgrind format\nversion: 1\ncreator: rbperf {}\n", REDBEE_VERSION);
    out_.print("cmd: {}\n", view::printable(recording_.header.command_line));
    out_.text("positions: line\nevents:");
    for (uint16_t event : events_) out_.print(" {}", event_word(profile_.event(event).name));
    out_.text("\n");
  }

  // An event's name must be one word.
  static std::string event_word(const std::string& name) {
    std::string word;
    for (char c : name) word += isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return word.empty() ? "event" : word;
  }

  void write_function(uint32_t index) {
    const Function& function = functions_[index];
    if (function.self.empty() && function.calls.empty()) return;
    out_.print("\nfl={}\nfn={}\n", file_of(index), name_of(index));
    for (const auto& [line, costs] : function.self) write_costs(line, costs);
    for (const auto& [call, costs] : function.calls) {
      out_.print("cfi={}\ncfn={}\ncalls=1 {}\n", file_of(call.callee), name_of(call.callee),
                 std::max(call.callee_line, 0));
      write_costs(call.line, costs);
    }
  }

  void write_costs(int32_t line, const Costs& costs) {
    out_.print("{}", line);
    for (uint64_t cost : costs) out_.print(" {}", cost);
    out_.text("\n");
  }

  // "(7) name" where first used, "(7)" from then on.
  std::string name_of(uint32_t index) {
    if (called_[index]) return cat("(", index + 1, ")");
    called_[index] = true;
    return cat("(", index + 1, ") ",
               view::printable(method_name(recording_, groups_.frame(index))));
  }

  std::string file_of(uint32_t index) {
    const FrameRow& frame = groups_.frame(index);
    StringId path = frame.kind == FrameKind::cfunc ? 0 : frame.path;
    auto [at, is_new] = files_.try_emplace(path, files_.size() + 1);
    if (!is_new) return cat("(", at->second, ")");
    std::string name = view::printable(recording_.text(path));
    return cat("(", at->second, ") ", name.empty() ? "???" : name);
  }

  const Report& report_;
  const Recording& recording_;
  const Profile& profile_;
  Output& out_;
  std::vector<uint16_t> events_;
  FrameGroups groups_;
  std::vector<Function> functions_;
  std::vector<bool> called_;
  std::map<StringId, size_t> files_;
};

}  // namespace

void write_callgrind(const Report& report, Output& out) {
  CallgrindWriter(report, out).write();
}

}  // namespace redbee::profiler
