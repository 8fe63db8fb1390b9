// compile() with shell scripts in the compiler's place where its behaviour in a failure matters;
// what the real redbee-cc makes is tested with it.
#include "redbee/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "src/base/file.h"
#include "src/base/text.h"
#include "src/compile/elf_fixture.h"
#include "src/kernel/identity.h"
#include "src/kernel/tracefs.h"

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

TEST_F(CompileTest, ACompilerThatSomebodyEndedIsNoCrash) {
  auto image = compile({.text = "x"}, with_script("kill -INT $$\n"));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::compile_failed);
  EXPECT_THAT(image.error().message, HasSubstr("was ended by a signal from outside (Interrupt)"));
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

// -- which Image a program gets --------------------------------------------------------------------

// A kernel of files, and a compiler that writes one Image and counts how often it was asked.
class CompileCacheTest : public CompileTest {
 protected:
  void SetUp() override {
    CompileTest::SetUp();
    for (const char* directory : {"/btf", "/tracefs/events/sched/sched_switch"}) fs::create_directories(root_ + directory);
    write("/btf/vmlinux", "types");
    write("/btf/nfs", "types of a module");
    write("/tracefs/events/sched/sched_switch/format", "fields");
    options_ = with_script("echo >> " + root_ + "/runs; cat " + root_ + "/image.o\n");
    options_.btf = root_ + "/btf/vmlinux";
    options_.tracefs = root_ + "/tracefs";
    options_.release = "6.1.0";
    write_image();
  }

  void write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(write_file_atomically(root_ + name, content));
  }
  // As the compiler would write it now.
  void write_image() {
    std::string facts = cat(R"({"version": 1, "tracepoints": [{"name": "sched:sched_switch", "format_hash": ")",
                            *tracepoint_format_hash("sched:sched_switch", options_.tracefs),
                            R"("}], "modules": [{"name": "nfs", "btf_hash": ")", module_btf_hash("nfs", options_.btf),
                            R"("}]})");
    write("/image.o", elf_with(".redbee.facts", facts));
  }
  size_t runs() {
    auto text = read_file(root_ + "/runs");
    return text ? text->size() : 0;
  }
  // Whether compiling now asked the compiler.
  bool is_compiled(const Source& source) {
    size_t before = runs();
    auto image = compile(source, options_);
    EXPECT_TRUE(image) << image.error().message;
    return runs() > before;
  }

  CompileOptions options_;
  const Source source_ = {.text = "int f;", .name = "tool.c"};
};

TEST_F(CompileCacheTest, CompilesTheSameProgramOnce) {
  EXPECT_TRUE(is_compiled(source_));
  EXPECT_FALSE(is_compiled(source_));
  EXPECT_FALSE(is_compiled(source_));
}

TEST_F(CompileCacheTest, CompilesAgainWhenAnythingItDependsOnIsAnother) {
  EXPECT_TRUE(is_compiled(source_));
  EXPECT_TRUE(is_compiled({.text = "int g;", .name = "tool.c"}));
  EXPECT_TRUE(is_compiled({.text = "int f;", .name = "other.c"}));   // its messages name the file
  EXPECT_TRUE(is_compiled({.text = "int f;", .name = "tool.c", .cflags = {"-DX=1"}}));
  EXPECT_TRUE(is_compiled({.text = "int f;", .name = "tool.c", .usdt = {{"f", "a:b", {{"8@%rdi"}}}}}));
  options_.release = "6.2.0";
  EXPECT_TRUE(is_compiled(source_));
  write("/btf/vmlinux", "other types");
  EXPECT_TRUE(is_compiled(source_));
  options_.compiler = root_ + "/newer";
  fs::copy_file(root_ + "/cc", options_.compiler);
  EXPECT_TRUE(is_compiled(source_));
  EXPECT_FALSE(is_compiled(source_));
}

TEST_F(CompileCacheTest, CompilesAgainWhenATracepointOfItHasChanged) {
  EXPECT_TRUE(is_compiled(source_));
  write("/tracefs/events/sched/sched_switch/format", "other fields");
  write_image();
  EXPECT_TRUE(is_compiled(source_));
  EXPECT_FALSE(is_compiled(source_));
}

TEST_F(CompileCacheTest, CompilesAgainWhenAModuleOfItWasReplacedOrIsGone) {
  EXPECT_TRUE(is_compiled(source_));
  write("/btf/nfs", "types of the module rebuilt");
  write_image();
  EXPECT_TRUE(is_compiled(source_));
  EXPECT_FALSE(is_compiled(source_));
  fs::remove(root_ + "/btf/nfs");
  EXPECT_TRUE(is_compiled(source_));
}

TEST_F(CompileCacheTest, KeepsNothingWhenOff) {
  options_.cache = "off";
  EXPECT_TRUE(is_compiled(source_));
  EXPECT_TRUE(is_compiled(source_));
  EXPECT_FALSE(fs::exists(root_ + "/cache"));
}

TEST_F(CompileCacheTest, CompilesWhenTheCacheCannotBeTrusted) {
  EXPECT_TRUE(is_compiled(source_));
  EXPECT_FALSE(is_compiled(source_));
  fs::permissions(root_ + "/cache", fs::perms::all);
  EXPECT_TRUE(is_compiled(source_));
}

}  // namespace
}  // namespace redbee
