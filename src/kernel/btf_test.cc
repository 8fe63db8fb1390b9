#include "src/kernel/btf.h"

#include <gtest/gtest.h>

#include <cstring>

namespace redbee {
namespace {

// Writes blobs the way pahole does: a header, types, strings.
class BlobWriter {
 public:
  explicit BlobWriter(uint32_t first_string = 0) : first_string_(first_string) {
    if (first_string == 0) strings_.push_back('\0');
  }
  uint32_t string(const char* text) {
    const uint32_t offset = first_string_ + static_cast<uint32_t>(strings_.size());
    strings_.append(text, std::strlen(text) + 1);
    return offset;
  }
  void type(uint32_t name, uint32_t kind, uint32_t length, uint32_t size, bool flag = false) {
    words({name, kind << 24 | length | (flag ? 1u << 31 : 0), size});
  }
  void words(std::initializer_list<uint32_t> values) {
    for (uint32_t value : values) types_.append(reinterpret_cast<const char*>(&value), 4);
  }
  std::string finish() const {
    btf_header header{0xeb9f,
                      1,
                      0,
                      sizeof(btf_header),
                      0,
                      static_cast<uint32_t>(types_.size()),
                      static_cast<uint32_t>(types_.size()),
                      static_cast<uint32_t>(strings_.size())};
    return std::string(reinterpret_cast<const char*>(&header), sizeof header) + types_ + strings_;
  }
  uint32_t string_size() const { return static_cast<uint32_t>(strings_.size()); }

 private:
  uint32_t first_string_;
  std::string types_, strings_;
};

// 1 int, 2 typedef pid_t, 3 union { int a; }, 4 struct task { pid_t pid:3; <union>; }, 5 enum,
// 6 enum64, 7 proto (int), 8 func do_it, 9 int[4]
BlobWriter sample() {
  BlobWriter blob;
  blob.type(blob.string("int"), BTF_KIND_INT, 0, 4);
  blob.words({uint32_t{BTF_INT_SIGNED} << 24 | 32});
  blob.type(blob.string("pid_t"), BTF_KIND_TYPEDEF, 0, 1);
  blob.type(0, BTF_KIND_UNION, 1, 4);
  blob.words({blob.string("inner"), 1, 0});
  blob.type(blob.string("task"), BTF_KIND_STRUCT, 2, 8, true);
  blob.words({blob.string("pid"), 2, 3u << 24 | 5, 0, 3, 32});
  blob.type(blob.string("color"), BTF_KIND_ENUM, 2, 4);
  blob.words({blob.string("RED"), 1, blob.string("NONE"), static_cast<uint32_t>(-1)});
  blob.type(blob.string("wide"), BTF_KIND_ENUM64, 1, 8);
  blob.words({blob.string("WIDE_ONE"), 1, 2});
  blob.type(0, BTF_KIND_FUNC_PROTO, 1, 1);
  blob.words({blob.string("argument"), 2});
  blob.type(blob.string("do_it"), BTF_KIND_FUNC, 0, 7);
  blob.type(0, BTF_KIND_ARRAY, 0, 0);
  blob.words({1, 1, 4});
  return blob;
}

TEST(Btf, FindsNamesOfEachKind) {
  auto btf = Btf::parse(sample().finish());
  ASSERT_TRUE(btf) << btf.error().message;
  EXPECT_EQ(btf->end_id(), 10u);
  EXPECT_EQ(btf->find_tag("task"), 4u);
  EXPECT_EQ(btf->find_tag("color"), 5u);
  EXPECT_EQ(btf->find_tag("pid_t"), std::nullopt);
  EXPECT_EQ(btf->find_typedef("pid_t"), 2u);
  EXPECT_EQ(btf->find_function("do_it"), 8u);
  EXPECT_EQ(btf->find_function("do"), std::nullopt);
  EXPECT_EQ(btf->find_enumerator("NONE")->value, -1);
  EXPECT_EQ(btf->find_enumerator("WIDE_ONE")->value, (int64_t{2} << 32) | 1);
  EXPECT_EQ(btf->find_enumerator("WIDE_ONE")->enum_id, 6u);
}

TEST(Btf, FieldOfAnAnonymousUnionHasTheOffsetOfTheWhole) {
  auto btf = Btf::parse(sample().finish());
  ASSERT_TRUE(btf);
  EXPECT_EQ(btf->find_field(4, "inner")->bit_offset, 32u);
  EXPECT_EQ(btf->find_field(4, "pid")->bit_offset, 5u);
  EXPECT_EQ(btf->find_field(4, "pid")->bit_size, 3u);
  EXPECT_FALSE(btf->find_field(4, "absent"));
}

TEST(Btf, SizesGoThroughTypedefsAndArrays) {
  auto btf = Btf::parse(sample().finish());
  ASSERT_TRUE(btf);
  EXPECT_EQ(btf->size_of(2), 4u);
  EXPECT_EQ(btf->size_of(9), 16u);
  EXPECT_EQ(btf->size_of(0), std::nullopt);
  EXPECT_EQ(btf->parameter_count(8), 1u);
}

TEST(Btf, SplitBlobContinuesIdsAndStringsOfItsBase) {
  const BlobWriter base_blob = sample();
  auto base = Btf::parse(base_blob.finish());
  ASSERT_TRUE(base);
  BlobWriter module(base_blob.string_size());
  module.type(module.string("nfs_inode"), BTF_KIND_STRUCT, 1, 8);
  module.words({module.string("owner"), 4, 0});
  auto split = Btf::parse(module.finish(), &*base);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->find_tag("nfs_inode"), 10u);
  EXPECT_EQ(split->find_tag("task"), 4u);
  EXPECT_EQ(base->find_tag("nfs_inode"), std::nullopt);
  EXPECT_EQ(split->size_of(split->find_field(10, "owner")->type), 8u);
  EXPECT_EQ(split->name(10), "nfs_inode");
  EXPECT_EQ(split->name(4), "task");
}

TEST(Btf, DamagedBlobsAreRefused) {
  const std::string whole = sample().finish();
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(Btf::parse(whole.substr(0, length))) << length;
  std::string wrong_kind = whole;
  wrong_kind[sizeof(btf_header) + 7] = 31;
  EXPECT_FALSE(Btf::parse(wrong_kind));
}

// The kernel's own blob, where the kernel has one.
TEST(Btf, RunningKernelsTaskStructHasAPid) {
  auto btf = Btf::open("/sys/kernel/btf/vmlinux");
  if (!btf) GTEST_SKIP() << btf.error().message;
  auto task = btf->find_tag("task_struct");
  ASSERT_TRUE(task);
  auto pid = btf->find_field(*task, "pid");
  ASSERT_TRUE(pid);
  EXPECT_EQ(btf->size_of(pid->type), 4u);
  EXPECT_LT(pid->bit_offset / 8, *btf->size_of(*task));
  EXPECT_TRUE(btf->find_function("vfs_read"));
  EXPECT_EQ(btf->find_enumerator("BPF_MAP_TYPE_HASH")->value, 1);
}

}  // namespace
}  // namespace redbee
