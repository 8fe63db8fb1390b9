#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "redbee/symbols.h"
#include "src/process/namespaces.h"
#include "src/process/perf_map.h"

namespace redbee {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

extern "C" __attribute__((noinline, visibility("default"))) int redbee_symbols_test_function(int n) { return n + getpid(); }

TEST(Mapping, IsReadWithSpacesAndDeletedFiles) {
  auto mapping = parse_mapping("7f00aa000000-7f00aa001000 r-xp 00002000 08:01 1234                       /tmp/a b (deleted)");
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->start, 0x7f00aa000000u);
  EXPECT_EQ(mapping->end, 0x7f00aa001000u);
  EXPECT_EQ(mapping->file_offset, 0x2000u);
  EXPECT_EQ(mapping->inode, 1234u);
  EXPECT_TRUE(mapping->is_executable);
  EXPECT_EQ(mapping->path, "/tmp/a b (deleted)");
  EXPECT_EQ(parse_mapping("10-20 rw-p 00000000 00:00 0 ")->path, "");
  for (const char* line : {"", "x", "10", "10-20", "10-20 r", "10-20 r-xp zz"}) EXPECT_FALSE(parse_mapping(line)) << line;
  EXPECT_EQ(mapping->device, "08:01");
}

TEST(ProcessSymbols, ResolveThisProcesssOwnFunctions) {
  auto symbols = ProcessSymbols::open(getpid());
  ASSERT_TRUE(symbols);
  auto address = reinterpret_cast<uint64_t>(&redbee_symbols_test_function);
  Symbol symbol = symbols->resolve(address + 3);
  EXPECT_EQ(symbol.name, "redbee_symbols_test_function");
  EXPECT_EQ(symbol.offset, 3u);
  EXPECT_EQ(symbols->address_of("redbee_symbols_test_function"), address);
}

TEST(ProcessSymbols, ResolveLibrariesAndTheVdso) {
  auto symbols = ProcessSymbols::open(getpid());
  ASSERT_TRUE(symbols);
  auto address = reinterpret_cast<uint64_t>(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"));
  Symbol symbol = symbols->resolve(address);
  EXPECT_THAT(symbol.name, HasSubstr("gnu_get_libc_version"));
  EXPECT_THAT(symbol.module, HasSubstr("libc"));
  uint64_t vdso = getauxval(AT_SYSINFO_EHDR);
  if (vdso) {
    EXPECT_EQ(symbols->resolve(vdso).module, "[vdso]");
  }
  EXPECT_EQ(symbols->resolve(8).name, "");
}

TEST(ProcessSymbols, RefuseAProcessThatIsNotThere) {
  auto symbols = ProcessSymbols::open(0x3fffffff);
  ASSERT_FALSE(symbols);
  EXPECT_EQ(symbols.error().code, Errc::not_found);
}

TEST(ElfSymbols, KnowWhereInTheFileAFunctionIs) {
  auto symbols = ElfSymbols::open("/proc/self/exe");
  ASSERT_TRUE(symbols);
  auto function = symbols->find_function("redbee_symbols_test_function");
  ASSERT_TRUE(function);
  auto offset = symbols->file_offset(function->address);
  ASSERT_TRUE(offset);
  EXPECT_EQ(symbols->address_at(*offset), function->address);
  EXPECT_EQ(symbols->find(function->address + 1)->name, function->name);
  EXPECT_FALSE(symbols->find_function("no_such_function"));
}

TEST(ElfSymbols, KnowThatStrlenIsChosenAtRunTime) {
  auto path = find_binary("c");
  ASSERT_TRUE(path) << path.error().message;
  auto symbols = ElfSymbols::open(*path);
  ASSERT_TRUE(symbols);
  EXPECT_TRUE(symbols->find_function("strlen")->is_ifunc);
  EXPECT_FALSE(symbols->find_function("malloc")->is_ifunc);
  EXPECT_FALSE(symbols->build_id().empty());
}

TEST(ElfSymbols, RefuseWhatIsNoElfFile) {
  EXPECT_FALSE(ElfSymbols::open("/etc/passwd"));
  EXPECT_FALSE(ElfSymbols::open("/nonexistent"));
  EXPECT_FALSE(ElfSymbols::open("/dev/null"));
}

TEST(FindBinary, AnswersAsAShellUserExpects) {
  EXPECT_THAT(*find_binary("c"), HasSubstr("libc.so.6"));
  EXPECT_THAT(*find_binary("c", getpid()), HasSubstr("libc"));
  EXPECT_THAT(*find_binary("sh"), EndsWith("/sh"));
  EXPECT_EQ(*find_binary("/bin/sh"), "/bin/sh");
  auto missing = find_binary("no_such_thing");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("libno_such_thing.so"));
  EXPECT_FALSE(find_binary("c", 0x3fffffff));
}

TEST(PerfMap, NamesCodeMadeAtRunTime) {
  PerfMap map;
  map.parse("7f0000 40 JIT: Foo#bar\n7f0100 10 block in baz\nbroken\n");
  EXPECT_EQ(map.find(0x7f0020)->name, "JIT: Foo#bar");
  EXPECT_EQ(map.find(0x7f0100)->name, "block in baz");
  EXPECT_FALSE(map.find(0x7f0040));
  EXPECT_FALSE(map.find(0x100));
}

TEST(Demangle, ReadsCppAndRustAndLeavesTheRest) {
  EXPECT_EQ(demangle("_ZN3foo3barEv"), "foo::bar()");
  EXPECT_EQ(demangle("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"), "core::fmt::Write::write_fmt");
  EXPECT_EQ(demangle("vm_exec_core"), "vm_exec_core");
  EXPECT_EQ(demangle("_Zbroken"), "_Zbroken");
}

}  // namespace
}  // namespace redbee
