#include "profiler/discover/layout.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace redbee::profiler {
namespace {

int64_t value(int major, int minor, int teeny, LayoutField field) {
  return (*Layout::of_version(ruby_version(major, minor, teeny)))[field];
}

TEST(RubyVersion, ReadsThreeNumbers) {
  EXPECT_EQ(RubyVersion::parse("3.1.2"), ruby_version(3, 1, 2));
  EXPECT_EQ(RubyVersion::parse("3.1.2")->text(), "3.1.2");
  EXPECT_FALSE(RubyVersion::parse("3.1"));
  EXPECT_FALSE(RubyVersion::parse("x.y.z"));
}

TEST(Layout, FollowsFieldsThatMovedInPatchReleases) {
  EXPECT_EQ(value(3, 1, 4, LayoutField::vm_objspace), 1104);
  EXPECT_EQ(value(3, 1, 5, LayoutField::vm_objspace), 1112);
  EXPECT_EQ(value(3, 2, 3, LayoutField::vm_objspace), 1136);
  EXPECT_EQ(value(3, 2, 11, LayoutField::vm_objspace), 1144);
  EXPECT_EQ(value(4, 0, 5, LayoutField::ractor_running_ec), 312);
  EXPECT_EQ(value(4, 0, 6, LayoutField::ractor_running_ec), 320);
}

TEST(Layout, KnowsWhatAVersionDoesNotHave) {
  EXPECT_FALSE(Layout::of_version(ruby_version(2, 7, 4))->has(LayoutField::vm_main_ractor));
  EXPECT_FALSE(Layout::of_version(ruby_version(3, 3, 8))->has(LayoutField::vm_main_thread));
}

TEST(Layout, RefusesVersionsOutsideTheTableBySentence) {
  const auto old = Layout::of_version(ruby_version(2, 5, 9));
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, Errc::not_supported);
  EXPECT_NE(old.error().message.find("2.5.9 is older than 2.6"), std::string::npos);
  const auto future = Layout::of_version(ruby_version(4, 1, 0));
  ASSERT_FALSE(future);
  EXPECT_NE(future.error().message.find("4.1.0 is newer than 4.0"), std::string::npos);
}

TEST(Layout, TakesAnUnknownPatchReleaseButSaysSo) {
  EXPECT_TRUE(Layout::is_patch_level_known(ruby_version(3, 3, 8)));
  EXPECT_FALSE(Layout::is_patch_level_known(ruby_version(3, 3, 99)));
  EXPECT_TRUE(Layout::of_version(ruby_version(3, 3, 99)));
}

TEST(Layout, EveryRowOfTheTableIsAField) {
  const Layout layout = *Layout::of_version(ruby_version(3, 3, 8));
  EXPECT_EQ(layout[LayoutField::cfp_size], 56);
  for (int i = 0; i < static_cast<int>(LayoutField::count); ++i) {
    const auto field = static_cast<LayoutField>(i);
    EXPECT_EQ(find_field(field_label(field)), field);
  }
}

class OffsetsFile : public testing::Test {
 protected:
  Status apply(const std::string& text, Layout* layout) {
    std::string path = testing::TempDir() + "/redbee-offsets-XXXXXX";
    close(mkstemp(path.data()));
    std::ofstream(path) << text;
    Status result = apply_offsets_file(path, layout);
    unlink(path.c_str());
    return result;
  }
};

TEST_F(OffsetsFile, OverridesTheTable) {
  Layout layout = *Layout::of_version(ruby_version(3, 3, 8));
  ASSERT_TRUE(apply("# of my own build\nvm.objspace\t1312\ncfp.size 0x40\n", &layout));
  EXPECT_EQ(layout[LayoutField::vm_objspace], 1312);
  EXPECT_EQ(layout[LayoutField::cfp_size], 64);
  EXPECT_EQ(layout.at(LayoutField::vm_objspace).source, FactSource::given);
}

TEST_F(OffsetsFile, NamesTheLineThatIsWrong) {
  Layout layout = *Layout::of_version(ruby_version(3, 3, 8));
  EXPECT_NE(apply("\nvm.nothing 3\n", &layout).error().message.find(":2: there is no field vm.nothing"),
            std::string::npos);
  EXPECT_NE(apply("vm.objspace x", &layout).error().message.find(":1: vm.objspace needs a number"),
            std::string::npos);
}

}  // namespace
}  // namespace redbee::profiler
