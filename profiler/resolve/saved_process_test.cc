// The walker and the naming over the memory of real Rubies, saved in tests/unwind/fixtures.
#include <gtest/gtest.h>

#include "profiler/discover/live_checks.h"
#include "profiler/resolve/stack_names.h"
#include "profiler/testing/saved_process.h"
#include "profiler/unwind/host_walk.h"

namespace redbee::profiler {
namespace {

class SavedRuby : public testing::TestWithParam<const char*> {
 protected:
  SavedProcess saved_ = SavedProcess::load(std::string(REDBEE_SOURCE_DIR "/tests/unwind/fixtures/ruby-") +
                                           GetParam() + ".txt")
                            .value();

  std::vector<rb_frame> walk(uint16_t* status = nullptr) {
    const HostStack stack = walk_stack(saved_.memory, saved_.facts, saved_.thread_pointer);
    names_ = stack.names;
    if (status) *status = stack.slot->sample.status;
    const auto* frames = reinterpret_cast<const rb_frame*>(stack.slot->sample.words);
    return {frames, frames + stack.slot->sample.ruby_frames};
  }

  std::vector<Frame> name(const std::vector<rb_frame>& raw, FrameNames& names) {
    std::vector<Frame> table, result;
    StackNames stack_names([&](const Frame& frame) {
      table.push_back(frame);
      return static_cast<FrameId>(table.size() - 1);
    });
    std::vector<FrameId> ids;
    are_known_ = stack_names.append(names, raw, 0, false, &ids);
    for (FrameId id : ids) result.push_back(table[id]);
    return result;
  }

  std::unique_ptr<FrameNames> frame_names() {
    return std::make_unique<FrameNames>(saved_.layout(), saved_.global_symbols,
                                        std::make_unique<SavedMemory>(saved_.memory));
  }

  // The process sleeps in Kernel#sleep, one frame inside of what it wrote down; that frame's line is
  // the same. caller_locations is not on the stack any more.
  void expect_as_ruby_said(const std::vector<Frame>& frames) {
    ASSERT_EQ(frames.size(), saved_.expected.size() + 1);
    EXPECT_EQ(frames[0].label, "sleep");
    for (size_t i = 0; i < saved_.expected.size(); ++i) {
      const Frame& frame = frames[i + 1];
      EXPECT_EQ(frame.base_label.empty() ? frame.label : frame.base_label, saved_.expected[i].base_label) << i;
      EXPECT_EQ(frame.path, saved_.expected[i].path) << i;
      EXPECT_EQ(frame.line, saved_.expected[i].line) << i;
    }
  }

  std::vector<rb_name> names_;
  bool are_known_ = false;
};

TEST_P(SavedRuby, FramesReadFromMemoryAreWhatRubySaid) {
  uint16_t status = 99;
  const std::vector<rb_frame> raw = walk(&status);
  EXPECT_EQ(status, rb_status_ok);
  const auto names = frame_names();
  expect_as_ruby_said(name(raw, *names));
  EXPECT_TRUE(are_known_);
}

TEST_P(SavedRuby, NamesCapturedAtFirstSightAreWhatRubySaid) {
  const std::vector<rb_frame> raw = walk();
  ASSERT_FALSE(names_.empty());
  const auto names = frame_names();
  for (const rb_name& captured : names_) names->learn(captured);
  const std::vector<Frame> frames = name(raw, *names);
  expect_as_ruby_said(frames);
  std::vector<std::string> methods;
  for (const Frame& frame : frames) methods.push_back(frame.method);
  EXPECT_NE(std::find(methods.begin(), methods.end(), "Outer::Inner#deep"), methods.end());
  EXPECT_NE(std::find(methods.begin(), methods.end(), "Outer::Inner.stand_still"), methods.end());
  EXPECT_NE(std::find(methods.begin(), methods.end(), "Kernel#sleep"), methods.end());
}

// A worker that is replaced may have its successor's names at the very address of its own.
TEST_P(SavedRuby, NamesOfAProcessThatIsGoneAreNeverAnothers) {
  const std::vector<rb_frame> raw = walk();
  std::vector<Frame> table;
  StackNames stack_names([&](const Frame& frame) {
    table.push_back(frame);
    return static_cast<FrameId>(table.size() - 1);
  });
  const auto labels = [&](FrameNames& names, std::span<const rb_frame> frames) {
    std::vector<FrameId> ids;
    stack_names.append(names, frames, 0, false, &ids);
    std::vector<std::string> result;
    for (FrameId id : ids) result.push_back(table[id].label);
    return result;
  };
  std::optional<FrameNames> names(std::in_place, saved_.layout(), saved_.global_symbols,
                                  std::make_unique<SavedMemory>(saved_.memory));
  const std::vector<std::string> whole = labels(*names, raw);
  names.emplace(saved_.layout(), saved_.global_symbols, std::make_unique<SavedMemory>(saved_.memory));
  const std::span<const rb_frame> outer = std::span(raw).subspan(5);
  EXPECT_EQ(labels(*names, outer), std::vector<std::string>(whole.begin() + 5, whole.end()));
}

TEST_P(SavedRuby, LayoutPassesItsChecks) {
  Layout layout = saved_.layout();
  const CheckOutcome outcome = check_layout(saved_.memory, {saved_.ec}, &layout);
  EXPECT_TRUE(outcome.is_usable) << outcome.failure;
  EXPECT_TRUE(outcome.remarks.empty());
  EXPECT_GT(outcome.frames_checked, 30);
}

TEST_P(SavedRuby, AFieldThatMovedIsCalibrated) {
  using enum LayoutField;
  for (LayoutField field : {ec_thread_ptr, thread_ec, body_insns_info, body_local_iseq}) {
    for (int distance : {8, -8}) {
      Layout layout = saved_.layout();
      const int64_t right = layout[field];
      layout.set(field, right + distance, FactSource::table);
      const CheckOutcome outcome = check_layout(saved_.memory, {saved_.ec}, &layout);
      EXPECT_TRUE(outcome.is_usable) << outcome.failure;
      EXPECT_EQ(layout[field], right) << field_label(field) << " from " << right + distance;
      EXPECT_EQ(layout.at(field).source, FactSource::calibrated) << field_label(field);
    }
  }
}

TEST_P(SavedRuby, AWrongFrameSizeIsCalibrated) {
  Layout layout = saved_.layout();
  const int64_t right = layout[LayoutField::cfp_size];
  layout.set(LayoutField::cfp_size, right == 56 ? 64 : 56, FactSource::table);
  const CheckOutcome outcome = check_layout(saved_.memory, {saved_.ec}, &layout);
  EXPECT_TRUE(outcome.is_usable) << outcome.failure;
  EXPECT_EQ(layout[LayoutField::cfp_size], right);
}

TEST_P(SavedRuby, AGivenOffsetThatIsWrongIsRefusedByName) {
  Layout layout = saved_.layout();
  layout.set(LayoutField::body_location, 8, FactSource::given);
  const CheckOutcome outcome = check_layout(saved_.memory, {saved_.ec}, &layout);
  EXPECT_FALSE(outcome.is_usable);
  EXPECT_NE(outcome.failure.find("body.location"), std::string::npos) << outcome.failure;
}

TEST_P(SavedRuby, AStackPointerOutsideTheStackIsAStatusNotAWalk) {
  saved_.memory.change(saved_.ec + 16, 0x1000);
  uint16_t status = 0;
  EXPECT_TRUE(walk(&status).empty());
  EXPECT_EQ(status, rb_status_bad_frame_pointer);
}

TEST_P(SavedRuby, FramesThatCannotBeReadEndTheWalkWithAStatus) {
  // The second chunk of control frames is gone.
  const std::vector<rb_frame> whole = walk();
  SavedMemory cut;
  const uint64_t first = *saved_.memory.word(saved_.ec + 16);
  const uint64_t gone = first + RB_CHUNK_FRAMES * saved_.facts.cfp_size;
  for (const auto& [address, bytes] : saved_.memory.ranges())
    if (address + bytes.size() <= gone || address >= gone + 4096) cut.add(address, bytes);
    else if (address < gone) cut.add(address, bytes.substr(0, gone - address));
  saved_.memory = cut;
  uint16_t status = 0;
  const std::vector<rb_frame> part = walk(&status);
  EXPECT_EQ(status, rb_status_unreadable_frames);
  EXPECT_LT(part.size(), whole.size());
  EXPECT_GT(part.size(), 16u);
}

// Ruby 3.1's space of objects with `words` of its profile, the last of them the count of all collections.
Layout check_counts(const std::vector<uint64_t>& words) {
  Layout layout = *Layout::of_version(ruby_version(3, 1, 2));
  SavedMemory memory;
  const uint64_t objspace = 0x10000;
  const uint64_t end = objspace + layout[LayoutField::objspace_gc_count] + 8;
  memory.add(end - 8 * words.size(), std::string(reinterpret_cast<const char*>(words.data()), 8 * words.size()));
  check_gc_counts(memory, objspace, &layout);
  return layout;
}

TEST(GcCounts, MajorOnesAreWhereTheyAndMinorOnesAreAll) {
  using enum LayoutField;
  const Layout as_known = check_counts({172, 21, 0, 0, 0, 4023229, 155, 193});
  EXPECT_EQ(as_known[objspace_major_gc_count], 392);
  EXPECT_EQ(as_known.at(objspace_major_gc_count).source, FactSource::table);
  EXPECT_FALSE(as_known.at(objspace_major_gc_count).checked.empty());
  const Layout moved = check_counts({7, 192, 18, 0, 0, 4039081, 104, 210});  // as in 2.7
  EXPECT_EQ(moved[objspace_major_gc_count], 400);
  EXPECT_EQ(moved.at(objspace_major_gc_count).source, FactSource::calibrated);
  EXPECT_FALSE(check_counts({1, 2, 3, 4, 5, 6, 7, 100}).has(objspace_major_gc_count));
}

TEST(GcCounts, BeforeTheFirstCollectionTheTableIsBelieved) {
  const Layout layout = check_counts({0, 0, 0, 0, 0, 9, 9, 0});
  EXPECT_TRUE(layout.has(LayoutField::objspace_major_gc_count));
  EXPECT_TRUE(layout.at(LayoutField::objspace_major_gc_count).checked.empty());
}

INSTANTIATE_TEST_SUITE_P(Versions, SavedRuby, testing::Values("2.7", "3.1", "3.3"));

}  // namespace
}  // namespace redbee::profiler
