#include "src/compile/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "src/base/file.h"
#include "src/compile/sha256.h"

namespace redbee {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/redbee_cache_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string path(const std::string& name) { return root_ + "/" + name; }
  std::string root_;
};

TEST(Sha256, MatchesThePublishedVectors) {
  Sha256 empty, abc, two_blocks, million;
  EXPECT_EQ(empty.hex_digest(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  abc.add_raw("abc");
  EXPECT_EQ(abc.hex_digest(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  two_blocks.add_raw("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
  EXPECT_EQ(two_blocks.hex_digest(), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  std::string tenth(100000, 'a');
  for (int i = 0; i < 10; i++) million.add_raw(tenth);
  EXPECT_EQ(million.hex_digest(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, KeepsFieldsApart) {
  Sha256 a, b;
  a.add("ab"), a.add("c");
  b.add("a"), b.add("bc");
  EXPECT_NE(a.hex_digest(), b.hex_digest());
}

TEST_F(CacheTest, ReturnsWhatWasStored) {
  auto cache = Cache::open(path("a/b/c"), 1 << 20);
  ASSERT_TRUE(cache) << cache.error().message;
  EXPECT_FALSE(cache->find("key"));
  std::string bytes("\0binary\n", 8);
  ASSERT_TRUE(cache->store("key", bytes));
  EXPECT_EQ(cache->find("key"), bytes);
  EXPECT_EQ(fs::status(path("a/b/c")).permissions(), fs::perms::owner_all);
}

TEST_F(CacheTest, PassesByDamagedEntries) {
  auto cache = Cache::open(path("c"), 1 << 20);
  ASSERT_TRUE(cache->store("key", "the image"));
  std::string file = path("c/key.image"), content = *read_file(file);
  content.back() ^= 1;
  ASSERT_TRUE(write_file_atomically(file, content));
  EXPECT_FALSE(cache->find("key"));
  ASSERT_TRUE(write_file_atomically(file, content.substr(0, 20)));
  EXPECT_FALSE(cache->find("key"));
}

TEST_F(CacheTest, RefusesDirectoriesThatOthersCanWrite) {
  fs::create_directory(path("open"));
  chmod(path("open").c_str(), 0777);
  auto cache = Cache::open(path("open"), 1 << 20);
  ASSERT_FALSE(cache);
  EXPECT_EQ(cache.error().code, Errc::not_permitted);
  EXPECT_THAT(cache.error().message, testing::HasSubstr("can be written by others"));
}

TEST_F(CacheTest, RefusesSymbolicLinks) {
  fs::create_directory(path("real"));
  fs::create_directory_symlink(path("real"), path("link"));
  EXPECT_FALSE(Cache::open(path("link"), 1 << 20));
  auto cache = Cache::open(path("real"), 1 << 20);
  ASSERT_TRUE(cache->store("key", "bytes"));
  fs::rename(path("real/key.image"), path("elsewhere"));
  fs::create_symlink(path("elsewhere"), path("real/key.image"));
  EXPECT_FALSE(cache->find("key"));
}

TEST_F(CacheTest, RefusesEntriesThatOthersOwnOrCanWrite) {
  auto cache = Cache::open(path("c"), 1 << 20);
  ASSERT_TRUE(cache->store("key", "bytes"));
  chmod(path("c/key.image").c_str(), 0666);
  EXPECT_FALSE(cache->find("key"));
  chmod(path("c/key.image").c_str(), 0600);
  EXPECT_TRUE(cache->find("key"));
  if (geteuid() != 0) GTEST_SKIP() << "giving files away needs root";
  ASSERT_EQ(chown(path("c/key.image").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(cache->find("key"));
}

TEST_F(CacheTest, RefusesADirectoryOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "giving files away needs root";
  fs::create_directory(path("other"));
  ASSERT_EQ(chown(path("other").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(Cache::open(path("other"), 1 << 20));
}

TEST_F(CacheTest, EvictsTheLeastRecentlyUsedFirst) {
  auto cache = Cache::open(path("c"), 2500);
  std::string kilobyte(900, 'x');
  ASSERT_TRUE(cache->store("first", kilobyte));
  ASSERT_TRUE(cache->store("second", kilobyte));
  timespec old[2] = {{1000, 0}, {1000, 0}}, older[2] = {{900, 0}, {900, 0}};
  utimensat(AT_FDCWD, path("c/first.image").c_str(), older, 0);
  utimensat(AT_FDCWD, path("c/second.image").c_str(), old, 0);
  ASSERT_TRUE(cache->find("first"));   // now used later than `second`
  ASSERT_TRUE(cache->store("third", kilobyte));
  EXPECT_TRUE(cache->find("first"));
  EXPECT_FALSE(cache->find("second"));
  EXPECT_TRUE(cache->find("third"));
}

TEST_F(CacheTest, SweepsTemporaryFilesOfDeadWriters) {
  auto cache = Cache::open(path("c"), 1 << 20);
  std::string stale = path("c/key.image.1.0.tmp");
  ASSERT_TRUE(write_file_atomically(stale, "half"));
  timespec old[2] = {{1000, 0}, {1000, 0}};
  utimensat(AT_FDCWD, stale.c_str(), old, 0);
  ASSERT_TRUE(cache->store("key", "bytes"));
  EXPECT_FALSE(fs::exists(stale));
}

TEST_F(CacheTest, ObeysTheVariableAndTheOption) {
  setenv("REDBEE_CACHE", "off", 1);
  EXPECT_EQ(cache_directory(""), "");
  EXPECT_EQ(cache_directory("/x"), "/x");
  setenv("REDBEE_CACHE", "/tmp/y", 1);
  EXPECT_EQ(cache_directory(""), "/tmp/y");
  EXPECT_EQ(cache_directory("off"), "");
  unsetenv("REDBEE_CACHE");
}

}  // namespace
}  // namespace redbee
