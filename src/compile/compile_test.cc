// compile() with shell scripts in the compiler's place where its behaviour in a failure matters;
// what the real redbee-cc makes is tested with it.
#include "redbee/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "src/base/file.h"

namespace redbee {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class CompileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/redbee_compile_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  CompileOptions with_script(const std::string& body) {
    std::string path = root_ + "/cc";
    EXPECT_TRUE(write_file_atomically(path, "#!/bin/sh\n" + body, 0755));
    return {.compiler = path, .cache = root_ + "/cache"};
  }
  std::string root_;
};

TEST_F(CompileTest, ReportsTheFirstErrorAndKeepsEveryLine) {
  auto options = with_script("echo \"$4:3:9: warning: w\" >&2; echo \"$4:4:1: error: no such thing\" >&2\n"
                             "echo \"$4:4:1: note: n\" >&2; exit 1\n");
  auto image = compile({.text = "x", .name = "tool.c"}, options);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::compile_failed);
  EXPECT_EQ(image.error().message, "compile tool.c: tool.c:4:1: error: no such thing");
  EXPECT_EQ(image.error().log.size(), 3u);
}

TEST_F(CompileTest, SaysThatTheCompilerCrashed) {
  auto image = compile({.text = "x"}, with_script("kill -SEGV $$\n"));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::compile_failed);
  EXPECT_THAT(image.error().message, HasSubstr("crashed (signal 11"));
}

TEST_F(CompileTest, SaysWhereItLookedForTheCompiler) {
  auto image = compile({.text = "x"}, {.compiler = "/nonexistent/redbee-cc"});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::not_found);
  EXPECT_THAT(image.error().message, HasSubstr("/nonexistent/redbee-cc"));
}

TEST_F(CompileTest, RefusesOutputThatIsNoImage) {
  auto image = compile({.text = "x"}, with_script("echo hello\n"));
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message, HasSubstr("not an ELF file"));
  EXPECT_TRUE(fs::is_empty(root_ + "/cache"));
}

TEST_F(CompileTest, GivesTheCompilerSourceFlagsAndUsdtFacts) {
  auto options = with_script("for a; do echo \"$a\"; done >&2; cat \"$3\" - >&2; exit 1\n");
  Source source{.text = "int f;", .name = "p.c", .cflags = {"-DX=1"}, .usdt = {{"f", "a:b", {{"8@%rdi"}}}}};
  auto image = compile(source, options);
  ASSERT_FALSE(image);
  std::string log;
  for (const std::string& line : image.error().log) log += line + "\n";
  EXPECT_THAT(log, HasSubstr("-DX=1"));
  EXPECT_THAT(log, HasSubstr(R"({"probes":[{"function":"f","probe":"a:b","variants":[["8@%rdi"]]}]})"));
  EXPECT_THAT(log, HasSubstr("p.c\n"));
  EXPECT_THAT(log, HasSubstr("int f;"));
}

TEST_F(CompileTest, SurvivesAFloodOfDiagnostics) {
  auto image = compile({.text = "x"}, with_script("seq 1 200000 >&2; exit 1\n"));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().log.size(), 200000u);
}

}  // namespace
}  // namespace redbee
