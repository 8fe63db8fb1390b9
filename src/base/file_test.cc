#include "src/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace redbee {
namespace {

TEST(File, ReadsFilesThatHaveNoSize) {
  auto text = read_file("/proc/self/status");
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text->find("CapEff:"), std::string::npos);
}

TEST(File, MissingFileIsNotFoundAndNamesThePath) {
  auto text = read_file("/nowhere/at/all");
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code, Errc::not_found);
  EXPECT_EQ(text.error().message, "open /nowhere/at/all: No such file or directory");
}

TEST(File, AtomicWriteReplacesTheWholeFile) {
  std::string path = testing::TempDir() + "redbee_atomic";
  ASSERT_TRUE(write_file_atomically(path, "first and long", 0600).has_value());
  ASSERT_TRUE(write_file_atomically(path, "second", 0600).has_value());
  EXPECT_EQ(*read_file(path), "second");
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  unlink(path.c_str());
}

}  // namespace
}  // namespace redbee
