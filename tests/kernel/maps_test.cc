#include "redbee/map.h"

#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/kernel/own_places.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

struct Key {
  uint32_t pid = 0;
  char name[12] = {};
};
struct Leaf {
  uint64_t count = 0;
  int32_t last = 0;
  uint32_t high : 4 = 0, low : 28 = 0;
};

class Maps : public testing::Test {
 protected:
  void SetUp() override {
    auto object = open_object("tables");
    ASSERT_OK(object);
    object_.emplace(std::move(*object));
  }
  Map map(const char* name) { return *object_->map(name); }
  std::optional<Object> object_;
};

TEST_F(Maps, HashKeepsWhatIsWritten) {
  Map hash = map("hash");
  Key key{1, "one"};
  Leaf leaf{.count = 5, .last = -1}, back;
  EXPECT_FALSE(*hash.lookup(bytes_of(key), room_for(back)));
  EXPECT_TRUE(*hash.update(bytes_of(key), bytes_of(leaf)));
  EXPECT_TRUE(*hash.lookup(bytes_of(key), room_for(back)));
  EXPECT_EQ(back.count, 5u);
  EXPECT_FALSE(*hash.update(bytes_of(key), bytes_of(leaf), UpdateMode::only_new));
  EXPECT_TRUE(*hash.erase(bytes_of(key)));
  EXPECT_FALSE(*hash.erase(bytes_of(key)));
  EXPECT_FALSE(*hash.update(bytes_of(key), bytes_of(leaf), UpdateMode::only_existing));
}

TEST_F(Maps, DecodesKeysAndLeavesByTheImagesTypes) {
  Map hash = map("hash");
  Key key{7, "ruby"};
  Leaf leaf{.count = 9, .last = -3, .high = 5, .low = 6};
  ASSERT_OK(hash.update(bytes_of(key), bytes_of(leaf)));
  auto entries = hash.entries();
  ASSERT_OK(entries);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(decode(hash.types(), hash.facts().key, entries->key(0)).to_text(), "{pid: 7, name: \"ruby\"}");
  EXPECT_EQ(decode(hash.types(), hash.facts().leaf, entries->value(0)).to_text(), "{count: 9, last: -3, high: 5, low: 6}");
}

TEST_F(Maps, ReadsTakesAndClearsThousandsOfEntries) {
  Map hash = map("hash");
  for (uint32_t i = 0; i < 15000; i++) {
    Key key{i, "k"};
    Leaf leaf{.count = i};
    ASSERT_OK(hash.update(bytes_of(key), bytes_of(leaf)));
  }
  EXPECT_EQ(*hash.count(), 15000u);
  auto taken = hash.take_entries();
  ASSERT_OK(taken);
  EXPECT_EQ(taken->size(), 15000u);
  uint64_t sum = 0;
  for (size_t i = 0; i < taken->size(); i++) sum += reinterpret_cast<const Leaf*>(taken->value(i).data())->count;
  EXPECT_EQ(sum, 15000u * 14999u / 2);
  EXPECT_EQ(*hash.count(), 0u);
  ASSERT_OK(hash.update_all(*taken));
  EXPECT_EQ(*hash.count(), 15000u);
  ASSERT_OK(hash.clear());
  EXPECT_EQ(*hash.count(), 0u);
}

TEST_F(Maps, NextKeyWalksEveryEntryOnce) {
  Map lru = map("lru");
  for (uint32_t i = 0; i < 10; i++) {
    uint64_t value = i;
    ASSERT_OK(lru.update(bytes_of(i), bytes_of(value)));
  }
  uint32_t key = 0, next = 0, seen = 0;
  for (bool more = *lru.next_key({}, room_for(next)); more; more = *lru.next_key(bytes_of(key), room_for(next))) {
    key = next;
    seen |= 1u << key;
  }
  EXPECT_EQ(seen, 0x3ffu);
}

TEST_F(Maps, ArraysKeepTheirKeysAndAreZeroedByClear) {
  Map array = map("array");
  uint32_t key = 3;
  uint64_t value = 42;
  ASSERT_OK(array.update(bytes_of(key), bytes_of(value)));
  EXPECT_EQ(array.entries()->size(), 8u);
  EXPECT_TRUE(*array.erase(bytes_of(key)));
  EXPECT_TRUE(*array.lookup(bytes_of(key), room_for(value)));
  EXPECT_EQ(value, 0u);
  EXPECT_FALSE(array.take_entries());
}

TEST_F(Maps, PerCpuValuesHaveASlotForEachPossibleCpu) {
  for (const char* name : {"percpu_array", "percpu_hash"}) {
    Map per_cpu = map(name);
    size_t cpus = *possible_cpus();
    ASSERT_EQ(per_cpu.value_bytes(), 8 * cpus);
    std::vector<uint64_t> slots(cpus);
    for (size_t i = 0; i < cpus; i++) slots[i] = 10 + i;
    uint32_t key = 1;
    ASSERT_OK(per_cpu.update(bytes_of(key), std::as_bytes(std::span(slots))));
    auto entries = per_cpu.entries();
    ASSERT_OK(entries);
    for (size_t i = 0; i < entries->size(); i++) {
      auto values = decode_per_cpu(per_cpu.types(), per_cpu.facts().leaf, entries->value(i), cpus);
      bool is_written = *reinterpret_cast<const uint32_t*>(entries->key(i).data()) == 1;
      EXPECT_EQ(values.back().integer(), is_written ? 10 + cpus - 1 : 0u) << name;
    }
  }
}

TEST_F(Maps, QueueAndStackComeBackInTheirOrders) {
  for (uint32_t i = 1; i <= 3; i++) {
    ASSERT_OK(map("queue").push(bytes_of(i)));
    ASSERT_OK(map("stack").push(bytes_of(i)));
  }
  uint32_t value = 0;
  EXPECT_TRUE(*map("queue").peek(room_for(value)));
  EXPECT_EQ(value, 1u);
  EXPECT_TRUE(*map("queue").pop(room_for(value)));
  EXPECT_EQ(value, 1u);
  EXPECT_TRUE(*map("stack").pop(room_for(value)));
  EXPECT_EQ(value, 3u);
  ASSERT_OK(map("queue").clear());
  EXPECT_FALSE(*map("queue").pop(room_for(value)));
}

TEST_F(Maps, RefuseKeysOfTheWrongSizeAndAreFullAtTheirSize) {
  uint64_t wrong = 0, value = 0;
  auto refused = map("lru").lookup(bytes_of(wrong), room_for(value));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("a key has 4 bytes, not 8"));
  Map small = map("percpu_hash");
  std::vector<std::byte> slots(small.value_bytes());
  Result<bool> result = true;
  for (uint32_t i = 0; i < 65 && result; i++) result = small.update(bytes_of(i), slots);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, testing::HasSubstr("is full"));
}

TEST_F(Maps, UnknownNamesAreAnsweredWithTheKnownOnes) {
  auto unknown = object_->map("hsah");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("hash"));
}

// -- maps of maps ---------------------------------------------------------------------------------------

class NestedMaps : public testing::Test {
 protected:
  void SetUp() override {
    for (auto* object : {&object_, &other_}) {
      auto opened = open_object("nested");
      ASSERT_OK(opened);
      object->emplace(std::move(*opened));
    }
    auto program = object_->load("count_inside", {.kind = ProgramKind::raw_tracepoint});
    ASSERT_OK(program);
    program_.emplace(*program);
  }
  static Map inner(const Object& object) { return *object.map("inner"); }
  // Puts `map` at `key` of the map of maps `outer`.
  Result<bool> put(const char* outer, uint32_t key, const Map& map) {
    uint32_t fd = static_cast<uint32_t>(map.fd());
    return object_->map(outer)->update(bytes_of(key), bytes_of(fd));
  }
  std::optional<Object> object_, other_;
  std::optional<Program> program_;
};

TEST_F(NestedMaps, AreFilledFromUserSpaceAndSearchedByPrograms) {
  ASSERT_OK(program_->test_run());
  EXPECT_EQ(value_at(*object_, "inner", 0), 0u) << "nothing was put in yet";
  ASSERT_OK(put("by_index", 1, inner(*object_)));
  ASSERT_OK(put("by_key", 77, inner(*other_)));
  for (int i = 0; i < 3; i++) ASSERT_OK(program_->test_run());
  EXPECT_EQ(value_at(*object_, "inner", 0), 3u);
  EXPECT_EQ(value_at(*other_, "inner", 0), 300u);
}

TEST_F(NestedMaps, TellTheInnerMapsId) {
  ASSERT_OK(put("by_key", 77, inner(*other_)));
  ASSERT_OK(program_->test_run());
  uint32_t key = 77, id = 0, slot = 0;
  ASSERT_TRUE(*object_->map("by_key")->lookup(bytes_of(key), room_for(id)));
  EXPECT_EQ(id, inner(*other_).info().id);
  auto found = PinnedMap::open_id(id);
  ASSERT_OK(found);
  uint64_t value = 0;
  EXPECT_TRUE(*found->map().lookup(bytes_of(slot), room_for(value)));
  EXPECT_EQ(value, 100u);
  auto entries = object_->map("by_key")->entries();
  ASSERT_OK(entries);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(*reinterpret_cast<const uint32_t*>(entries->value(0).data()), id);
}

TEST_F(NestedMaps, ForgetWhatIsErased) {
  uint32_t index = 1, key = 77;
  ASSERT_OK(put("by_index", index, inner(*object_)));
  ASSERT_OK(put("by_key", key, inner(*other_)));
  EXPECT_TRUE(*object_->map("by_index")->erase(bytes_of(index)));
  ASSERT_OK(object_->map("by_key")->clear());
  ASSERT_OK(program_->test_run());
  EXPECT_EQ(value_at(*object_, "inner", 0), 0u);
  EXPECT_EQ(value_at(*other_, "inner", 0), 0u);
  EXPECT_EQ(*object_->map("by_key")->count(), 0u);
}

TEST_F(NestedMaps, RefuseWhatIsNotLikeTheInnerMap) {
  auto other_shape = put("by_index", 1, *object_->map("by_key"));
  ASSERT_FALSE(other_shape);
  EXPECT_THAT(other_shape.error().message, testing::HasSubstr("declared like the inner map"));
  uint32_t index = 1, no_fd = 100000;
  auto no_map = object_->map("by_index")->update(bytes_of(index), bytes_of(no_fd));
  ASSERT_FALSE(no_map);
  EXPECT_THAT(no_map.error().message, testing::HasSubstr("a map's descriptor"));
}

// -- pinned maps ----------------------------------------------------------------------------------------

class PinnedMaps : public testing::Test {
 protected:
  void SetUp() override {
    if (!bpffs_.problem().empty()) GTEST_SKIP() << bpffs_.problem();
  }
  // Opens the Image, runs its program once and gives what it has counted so far.
  uint64_t count_once(const char* name = "pinned") {
    auto object = open_object(name);
    EXPECT_OK(object);
    if (!object) return 0;
    auto program = object->load("count_kept", {.kind = ProgramKind::raw_tracepoint});
    EXPECT_OK(program);
    if (program) {
      EXPECT_OK(program->test_run());
    }
    return value_at(*object, "kept", 1);
  }
  static constexpr const char* kPath = "/sys/fs/bpf/redbee_test/kept";
  OwnBpffs bpffs_;
};

TEST_F(PinnedMaps, OutliveTheirObject) {
  uint32_t key = 4;
  uint64_t value = 44, back = 0;
  {
    auto object = open_object("tables");
    ASSERT_OK(object);
    ASSERT_OK(object->map("lru")->update(bytes_of(key), bytes_of(value)));
    ASSERT_OK(object->map("lru")->pin("/sys/fs/bpf/lru"));
  }
  auto pinned = PinnedMap::open("/sys/fs/bpf/lru");
  ASSERT_OK(pinned);
  EXPECT_TRUE(*pinned->map().lookup(bytes_of(key), room_for(back)));
  EXPECT_EQ(back, 44u);
  EXPECT_EQ(unlink("/sys/fs/bpf/lru"), 0);
}

TEST_F(PinnedMaps, OfAnImageAreFoundAgainByTheNextObject) {
  EXPECT_EQ(count_once(), 1u);
  EXPECT_EQ(count_once(), 2u);
  auto one = open_object("pinned"), two = open_object("pinned");
  ASSERT_OK(one);
  ASSERT_OK(two);
  EXPECT_EQ(one->map("kept")->info().id, two->map("kept")->info().id);
  EXPECT_EQ(unlink(kPath), 0);
}

TEST_F(PinnedMaps, StartAnewOnceThePinIsRemoved) {
  EXPECT_EQ(count_once(), 1u);
  ASSERT_EQ(unlink(kPath), 0);
  EXPECT_EQ(count_once(), 1u);
  EXPECT_EQ(unlink(kPath), 0);
}

TEST_F(PinnedMaps, ThatDoNotFitAreRefusedInWords) {
  EXPECT_EQ(count_once(), 1u);
  auto misfit = open_object("pinned_otherwise");
  ASSERT_FALSE(misfit);
  EXPECT_EQ(misfit.error().code, Errc::invalid_argument);
  for (const char* part : {"map kept", kPath, "values of 16", "values of 8", "32 entries", "64 entries", "remove that pin"}) {
    EXPECT_THAT(misfit.error().message, testing::HasSubstr(part));
  }
  EXPECT_EQ(count_once(), 2u) << "the pinned one is as it was";
  EXPECT_EQ(unlink(kPath), 0);
}

TEST_F(PinnedMaps, NeedABpfFileSystem) {
  bpffs_.replace_by_tmpfs();
  auto object = open_object("pinned");
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, Errc::not_supported);
  EXPECT_THAT(object.error().message, testing::HasSubstr("mount -t bpf"));
  EXPECT_FALSE(PinnedMap::open(kPath));
}

// Both threads count at the same moment, and the key is missing each time.
TEST_F(ProbesTest, TwoCpusThatAddTheSameKeyBothCount) {
  auto link = attach_kprobe_best(*object_, "syscall__getpgid", {.symbol = "sys_getpgid"});
  ASSERT_OK(link);
  constexpr int kRounds = 3000;
  std::atomic<int> arrived = 0;
  auto count_together = [&arrived] {
    for (arrived++; arrived < 2;) {}
    getpgid(0);
  };
  Map counts = *object_->map("counts");
  const uint32_t slot = kSyscall;
  int lost = 0;
  for (int i = 0; i < kRounds; i++) {
    arrived = 0;
    std::jthread other(count_together);
    count_together();
    other.join();
    lost += count(kSyscall) != 2;
    ASSERT_TRUE(*counts.erase(bytes_of(slot)));
  }
  EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace redbee::kernel_test
