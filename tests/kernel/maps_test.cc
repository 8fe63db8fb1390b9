#include "redbee/map.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

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

TEST_F(Maps, PinnedMapsOutliveTheirObject) {
  char root[] = "/tmp/redbee_bpffs_XXXXXX";
  ASSERT_NE(mkdtemp(root), nullptr);
  if (mount("bpf", root, "bpf", 0, nullptr) < 0) {
    rmdir(root);
    GTEST_SKIP() << "a bpffs cannot be mounted here";
  }
  std::string path = std::string(root) + "/lru";
  uint32_t key = 4;
  uint64_t value = 44, back = 0;
  ASSERT_OK(map("lru").update(bytes_of(key), bytes_of(value)));
  EXPECT_OK(map("lru").pin(path));
  object_.reset();
  {
    auto pinned = PinnedMap::open(path);
    EXPECT_OK(pinned);
    if (pinned) {
      EXPECT_TRUE(*pinned->map().lookup(bytes_of(key), room_for(back)));
    }
    EXPECT_EQ(back, 44u);
  }
  umount(root);
  rmdir(root);
}

}  // namespace
}  // namespace redbee::kernel_test
