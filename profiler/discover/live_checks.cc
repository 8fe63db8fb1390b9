#include "profiler/discover/live_checks.h"

#include <algorithm>
#include <functional>

#include "profiler/discover/ruby_objects.h"
#include "profiler/unwind/stack_format.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using enum LayoutField;

constexpr int kReach = 64;         // bytes in either direction that calibration looks at
constexpr int kMaxFrames = 4000;
constexpr int kEnoughFrames = 40;

class Checker {
 public:
  Checker(const Memory& memory, const std::vector<uint64_t>& contexts, Layout* layout)
      : memory_(memory), contexts_(contexts), layout_(*layout), objects_(memory, *layout) {}

  CheckOutcome run() {
    settle_thread();
    if (!check("ec.vm_stack <= ec.cfp < end of the VM stack", {ec_vm_stack, ec_vm_stack_size, ec_cfp},
               [&] { return stacks_hold_frames(); }))
      return std::move(outcome_);
    settle_frame_size();
    if (!outcome_.is_usable) return std::move(outcome_);
    collect_code();
    outcome_.frames_checked = static_cast<int>(code_.size());
    if (code_.empty()) {
      outcome_.remarks.push_back("no Ruby frame was on any stack: what is inside a frame could not be checked");
      return std::move(outcome_);
    }
    settle(body_iseq_encoded, "pc lies in iseq_encoded", [&] { return most(&Checker::pc_is_in_code); });
    settle(body_location, "label is a String, path a String or an Array",
           [&] { return most(&Checker::has_label); });
    settle(body_insns_info, "the line table is one", [&] { return most(&Checker::has_line_table); });
    settle(body_local_iseq, "local_iseq is an iseq", [&] { return most(&Checker::has_local_iseq); });
    for (LayoutField field : {cfp_pc, cfp_iseq, iseq_body, body_iseq_size})
      layout_.note_check(field, cat("pc lies in iseq_encoded (", code_.size(), " frames)"));
    return std::move(outcome_);
  }

 private:
  struct Code {
    uint64_t iseq, pc;
  };
  using FrameCheck = bool (Checker::*)(const Code&) const;

  // Is the claim true? If not, is it true with the field elsewhere nearby?
  void settle(LayoutField field, const std::string& claim, const std::function<bool()>& holds) {
    if (!holds() && !calibrate(field, holds)) return fail_check(field_label(field), claim);
    layout_.note_check(field, claim);
  }

  // A claim about two fields: the first is often known from code, so the second is moved first.
  void settle_thread() {
    const std::string claim = "ec->thread_ptr->ec == ec";
    const auto holds = [&] { return threads_agree(); };
    if (!holds() && !calibrate(thread_ec, holds) && !calibrate(ec_thread_ptr, holds))
      return fail_check(cat(field_label(ec_thread_ptr), " or ", field_label(thread_ec)), claim);
    for (LayoutField field : {ec_thread_ptr, thread_ec}) layout_.note_check(field, claim);
  }

  bool calibrate(LayoutField field, const std::function<bool()>& holds) {
    const LayoutValue before = layout_.at(field);
    if (before.source == FactSource::given) return false;
    for (int distance = 8; distance <= kReach; distance += 8)
      for (int sign : {1, -1}) {
        const int64_t value = before.value + sign * distance;
        if (value < 0) continue;
        layout_.set(field, value, FactSource::calibrated);
        if (!holds()) continue;
        outcome_.remarks.push_back(cat(field_label(field), " is at ", value, ", not at ", before.value,
                                       " where the ", fact_source_name(before.source), " has it"));
        return true;
      }
    layout_.set(field, before.value, before.source);
    return false;
  }

  bool check(const std::string& claim, std::initializer_list<LayoutField> fields,
             const std::function<bool()>& holds) {
    const bool is_true = holds();
    for (LayoutField field : fields)
      if (is_true) layout_.note_check(field, claim);
    if (!is_true) fail_check(field_label(*fields.begin()), claim);
    return is_true;
  }

  void fail_check(std::string_view fields, const std::string& claim) {
    const std::string failure = cat(fields, " failed its check: ", claim);
    if (outcome_.is_usable) outcome_.failure = failure;
    outcome_.is_usable = false;
    outcome_.remarks.push_back(failure);
  }

  // A thread may be caught in the middle of a switch, so most must agree, not all.
  bool threads_agree() const {
    const auto agreeing = std::ranges::count_if(contexts_, [&](uint64_t ec) {
      const uint64_t thread = memory_.pointer(ec + layout_[ec_thread_ptr]);
      return thread && memory_.pointer(thread + layout_[thread_ec]) == ec;
    });
    return 2 * agreeing > std::ssize(contexts_);
  }

  struct Stack {
    uint64_t cfp, end;
  };
  std::optional<Stack> stack_of(uint64_t ec) const {
    const uint64_t base = memory_.pointer(ec + layout_[ec_vm_stack]);
    const uint64_t words = memory_.pointer(ec + layout_[ec_vm_stack_size]);
    const uint64_t cfp = memory_.pointer(ec + layout_[ec_cfp]);
    const uint64_t end = base + 8 * words;
    if (!base || words > (1 << 24) || cfp < base || cfp >= end) return std::nullopt;
    return Stack{cfp, end};
  }

  bool stacks_hold_frames() const {
    const auto good = std::ranges::count_if(contexts_, [&](uint64_t ec) { return stack_of(ec).has_value(); });
    return 2 * good > std::ssize(contexts_);
  }

  // Walked with the right size every frame with a pc has an iseq; with a wrong one few do.
  int score_frame_size(int64_t size) const {
    int good = 0, bad = 0;
    for (uint64_t ec : contexts_) {
      const std::optional<Stack> stack = stack_of(ec);
      if (!stack) continue;
      if ((stack->end - stack->cfp) % size) return -1;
      int frames = 0;
      for (uint64_t cfp = stack->cfp; cfp + size < stack->end && frames < kMaxFrames; cfp += size, ++frames) {
        const uint64_t pc = memory_.pointer(cfp + layout_[cfp_pc]);
        const uint64_t iseq = memory_.pointer(cfp + layout_[cfp_iseq]);
        if (!pc || !iseq) continue;
        objects_.is_imemo(iseq, ImemoType::iseq) ? ++good : ++bad;
      }
    }
    return bad > good ? -1 : good;
  }

  void settle_frame_size() {
    const std::string claim = "every frame with a pc has an iseq";
    const int64_t expected = layout_[cfp_size];
    if (score_frame_size(expected) >= 0) return layout_.note_check(cfp_size, claim);
    const bool is_given = layout_.at(cfp_size).source == FactSource::given;
    for (int64_t size : {56, 64})
      if (!is_given && score_frame_size(size) > 0) {
        layout_.set(cfp_size, size, FactSource::calibrated);
        layout_.note_check(cfp_size, claim);
        outcome_.remarks.push_back(cat("cfp.size is ", size, ", not ", expected));
        return;
      }
    fail_check(field_label(cfp_size), claim);
  }

  void collect_code() {
    const int64_t size = layout_[cfp_size];
    for (uint64_t ec : contexts_) {
      const std::optional<Stack> stack = stack_of(ec);
      if (!stack) continue;
      for (uint64_t cfp = stack->cfp; cfp + size < stack->end && std::ssize(code_) < kEnoughFrames; cfp += size) {
        const Code code{memory_.pointer(cfp + layout_[cfp_iseq]), memory_.pointer(cfp + layout_[cfp_pc])};
        if (code.pc && objects_.is_imemo(code.iseq, ImemoType::iseq)) code_.push_back(code);
      }
    }
  }

  bool most(FrameCheck holds) const {
    const auto good = std::ranges::count_if(code_, [&](const Code& code) { return (this->*holds)(code); });
    return 10 * good >= 9 * std::ssize(code_);
  }

  uint64_t body_of(const Code& code) const { return memory_.pointer(code.iseq + layout_[iseq_body]); }

  bool pc_is_in_code(const Code& code) const {
    const uint64_t body = body_of(code);
    const uint64_t encoded = memory_.pointer(body + layout_[body_iseq_encoded]);
    const auto size = memory_.get<uint32_t>(body + layout_[body_iseq_size]);
    return encoded && size && code.pc >= encoded && code.pc <= encoded + 8ULL * *size;
  }

  bool has_label(const Code& code) const {
    const uint64_t location = body_of(code) + layout_[body_location];
    const uint64_t path = memory_.pointer(location);
    return (objects_.is_type(path, ObjectType::string) || objects_.is_type(path, ObjectType::array)) &&
           objects_.is_type(memory_.pointer(location + 8), ObjectType::string) &&
           objects_.is_type(memory_.pointer(location + 16), ObjectType::string);
  }

  // {body, positions (null once compressed), size, succ_index_table}
  bool has_line_table(const Code& code) const {
    uint64_t info[4];
    const uint64_t body = body_of(code);
    const auto code_size = memory_.get<uint32_t>(body + layout_[body_iseq_size]);
    if (!memory_.read(body + layout_[body_insns_info], info, sizeof info) || !code_size) return false;
    const auto entries = static_cast<uint32_t>(info[2]);
    if (entries == 0 || entries > *code_size) return false;
    const auto line = memory_.get<int32_t>(info[0]);
    return line && *line >= 0 && *line < 10'000'000 && (entries == 1 || memory_.word(info[3]));
  }

  bool has_local_iseq(const Code& code) const {
    return objects_.is_imemo(memory_.pointer(body_of(code) + layout_[body_local_iseq]), ImemoType::iseq);
  }

  const Memory& memory_;
  const std::vector<uint64_t>& contexts_;
  Layout& layout_;
  const RubyObjects objects_;
  std::vector<Code> code_;
  CheckOutcome outcome_;
};

}  // namespace

CheckOutcome check_layout(const Memory& memory, const std::vector<uint64_t>& contexts,
                          Layout* layout) {
  return Checker(memory, contexts, layout).run();
}

void check_gc_counts(const Memory& memory, uint64_t objspace, Layout* layout) {
  if (!layout->has(objspace_gc_count) || !layout->has(objspace_major_gc_count)) return;
  const LayoutValue known = layout->at(objspace_major_gc_count);
  const int64_t count_at = (*layout)[objspace_gc_count];
  uint64_t counts[RB_GC_COUNTS];  // in one read: the process runs
  const uint64_t& count = counts[RB_GC_COUNTS - 1];
  if (!memory.read(objspace + count_at - sizeof counts + sizeof count, counts, sizeof counts)) return;
  if (!count) return;  // nothing was collected yet
  const auto fits = [&](int64_t offset) {
    const int64_t words = (count_at - offset) / 8;
    return words > 0 && words < RB_GC_COUNTS - 1 && (&count)[-words] + (&count)[-words - 1] == count;
  };
  const auto take = [&](int64_t offset, FactSource source) {
    layout->set(objspace_major_gc_count, offset, source);
    layout->note_check(objspace_major_gc_count, cat("minor and major collections are all ", count));
  };
  if (fits(known.value)) return take(known.value, known.source);
  if (known.source == FactSource::given) return;
  for (int64_t words = 3; words < RB_GC_COUNTS - 1; ++words)
    if (fits(count_at - 8 * words)) return take(count_at - 8 * words, FactSource::calibrated);
  layout->set(objspace_major_gc_count, -1, FactSource::absent);
}

}  // namespace redbee::profiler
