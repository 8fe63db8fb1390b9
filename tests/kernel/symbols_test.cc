// Symbols of real processes: in namespaces of their own, with stripped, deleted and replaced files, while
// they load, unload and exec.
#include "redbee/symbols.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "redbee/link.h"
#include "src/base/text.h"
#include "tests/kernel/host.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

namespace fs = std::filesystem;

class SymbolsOf : public testing::Test {
 protected:
  SymbolsOf() : directory_(make_directory()) {}
  ~SymbolsOf() override { fs::remove_all(directory_); }
  static std::string make_directory() {
    char path[] = "/var/tmp/redbee_symbols_XXXXXX";
    EXPECT_NE(mkdtemp(path), nullptr);
    return path;
  }
  static std::string fixture(const std::string& colour) { return cat(REDBEE_FIXTURES, "/lib", colour, ".so"); }
  // A copy of the library in that colour, under a path of this test's own.
  std::string copy(const std::string& colour, const std::string& name = "colour.so") {
    std::string path = cat(directory_, "/", name);
    fs::create_directories(fs::path(path).parent_path());
    fs::remove(path);
    fs::copy_file(fixture(colour), path);
    return path;
  }
  // Takes the symbols out of `library` and into `debug`, and makes it say so.
  static void strip_into(const std::string& library, const std::string& debug, bool has_build_id) {
    fs::create_directories(fs::path(debug).parent_path());
    std::string drop = has_build_id ? "" : "--remove-section=.note.gnu.build-id ";
    run(cat("objcopy --only-keep-debug ", drop, library, " ", debug));
    run(cat("objcopy --strip-all ", drop, "--add-gnu-debuglink=", debug, " ", library));
  }
  static void run(const std::string& command) { ASSERT_EQ(system(command.c_str()), 0) << command; }

  std::string directory_;
};

std::string name_at(const Host& host, uint64_t address) {
  EXPECT_NE(address, 0u) << "the process could not load it";
  auto symbols = ProcessSymbols::open(host.pid());
  EXPECT_OK(symbols);
  return symbols ? symbols->resolve(address).name : "";
}

// Has the process load a library; returns where, after a look at the function there.
uint64_t expect_loaded(Host& host, ProcessSymbols& symbols, const std::string& library, const char* function) {
  uint64_t address = host.address("open " + library);
  EXPECT_EQ(symbols.resolve(address).name, function);
  return address;
}

// -- namespaces -----------------------------------------------------------------------------------------

constexpr int kContainer = CLONE_NEWNS | CLONE_NEWPID;

void make_mounts_private() {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) _exit(126);
}

// In a mount namespace: `other` is what `path` leads to.
std::function<void()> covering(const std::string& path, const std::string& other) {
  return [=] {
    make_mounts_private();
    if (mount(other.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) < 0) _exit(126);
  };
}

TEST_F(SymbolsOf, AContainerComeFromItsOwnFileOfThatPath) {
  std::string path = copy("red"), other = copy("blue", "other.so");
  Host outside, inside(kContainer, covering(path, other));
  EXPECT_EQ(name_at(outside, outside.address("open " + path)), "red_inner");
  auto symbols = ProcessSymbols::open(inside.pid());
  ASSERT_OK(symbols);
  Symbol symbol = symbols->resolve(inside.address("open " + path) + 1);
  EXPECT_EQ(symbol.name, "blue_inner");
  EXPECT_EQ(symbol.offset, 1u);
  EXPECT_EQ(symbol.module, path);
}

TEST_F(SymbolsOf, AChangedRootComeFromBelowIt) {
  std::string root = directory_ + "/root", path = copy("blue", "root/opt/colour.so");
  Host host(kContainer, [&] {
    make_mounts_private();
    for (const char* part : {"/usr", "/lib", "/lib64", "/proc"}) {
      fs::create_directories(root + part);
      if (fs::exists(part)) mount(part, (root + part).c_str(), nullptr, MS_BIND | MS_REC, nullptr);
    }
    std::string program = root + "/symbol_host";
    fs::copy_file(REDBEE_FIXTURES "/symbol_host", program);
    if (chroot(root.c_str()) < 0 || chdir("/") < 0) _exit(126);
    execl("/symbol_host", "symbol_host", nullptr);
  });
  copy("red", "opt/colour.so");
  uint64_t address = host.address("open /opt/colour.so");
  ASSERT_NE(address, 0u);
  auto symbols = ProcessSymbols::open(host.pid());
  ASSERT_OK(symbols);
  EXPECT_EQ(symbols->resolve(address).name, "blue_inner");
  EXPECT_EQ(symbols->resolve(address).module, "/opt/colour.so");
  auto openable = find_openable_binary("/opt/colour.so", host.pid());
  ASSERT_OK(openable);
  auto file = ElfSymbols::open(*openable);
  ASSERT_OK(file);
  EXPECT_TRUE(file->find_function("blue_inner"));
}

TEST_F(SymbolsOf, AContainerCanBeProbed) {
  REDBEE_REQUIRE(uprobe);
  std::string path = copy("red"), other = copy("blue", "other.so");
  Host inside(kContainer, covering(path, other));
  ASSERT_NE(inside.address("open " + path), 0u);
  auto object = open_object("probes");
  ASSERT_OK(object);
  aim_at(*object, inside.pid());
  // Only the container's file has that symbol.
  auto link = attach_uprobe(*object, "on_entry", {.path = path, .symbol = "blue_inner", .pid = inside.pid()});
  ASSERT_OK(link);
  EXPECT_EQ(inside.ask("call 7"), "called");
  EXPECT_EQ(value_at(*object, "counts", ProbesTest::kUprobe), 7u);
}

// -- code made at run time --------------------------------------------------------------------------------

TEST_F(SymbolsOf, CodeMadeAtRunTimeComeFromThePerfMap) {
  Host host;
  uint64_t address = host.address("jit");
  auto symbols = ProcessSymbols::open(host.pid());
  ASSERT_OK(symbols);
  Symbol symbol = symbols->resolve(address + 5);
  EXPECT_EQ(symbol.name, "made_at_run_time");
  EXPECT_EQ(symbol.offset, 5u);
  fs::remove(cat("/tmp/perf-", host.pid(), ".map"));
}

TEST_F(SymbolsOf, AContainersCodeComeFromItsOwnTmpUnderItsInnerPid) {
  std::string decoy;
  Host host(kContainer, [] {
    make_mounts_private();
    // The program may lie below /tmp: it is opened before /tmp is covered.
    int program = open(REDBEE_FIXTURES "/symbol_host", O_RDONLY);
    if (mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) < 0) _exit(126);
    char* const arguments[] = {const_cast<char*>("symbol_host"), nullptr};
    fexecve(program, arguments, environ);
  });
  uint64_t address = host.address("jit");
  for (int pid : {host.pid(), 1}) {
    decoy = cat("/tmp/perf-", pid, ".map");
    if (!fs::exists(decoy)) std::ofstream(decoy) << fmt::format("{:x} 100 of_another_process\n", address);
  }
  EXPECT_EQ(name_at(host, address), "made_at_run_time");
  for (int pid : {host.pid(), 1}) fs::remove(cat("/tmp/perf-", pid, ".map"));
}

// -- stripped files -----------------------------------------------------------------------------------------

TEST_F(SymbolsOf, AStrippedFileAreUnknownWithoutItsDebugFile) {
  std::string path = copy("red");
  run("objcopy --strip-all " + path);
  Host host;
  EXPECT_EQ(name_at(host, host.address("open " + path)), "");
}

TEST_F(SymbolsOf, AStrippedFileComeFromTheFileItsDebugLinkNames) {
  for (const char* place : {"colour.debug", ".debug/colour.debug"}) {
    for (bool has_build_id : {true, false}) {
      std::string path = copy("red"), debug = cat(directory_, "/", place);
      strip_into(path, debug, has_build_id);
      Host host;
      EXPECT_EQ(name_at(host, host.address("open " + path)), "red_inner") << place << " " << has_build_id;
      fs::remove(debug);
    }
  }
}

TEST_F(SymbolsOf, AStrippedFileNeverComeFromADebugFileThatDoesNotFit) {
  for (bool has_build_id : {true, false}) {
    std::string path = copy("red"), other = copy("blue", "other.so"), debug = directory_ + "/colour.debug";
    strip_into(path, debug, has_build_id);
    strip_into(other, debug, has_build_id);   // overwrites it
    Host host;
    EXPECT_EQ(name_at(host, host.address("open " + path)), "") << has_build_id;
    fs::remove(debug);
  }
}

TEST_F(SymbolsOf, AContainersStrippedFileComeFromItsOwnDebugDirectory) {
  for (bool by_build_id : {true, false}) {
    std::string path = copy("red"), debug = directory_ + "/colour.debug";
    auto id = ElfSymbols::open(path)->build_id();
    ASSERT_GT(id.size(), 2u);
    strip_into(path, debug, by_build_id);
    Host host(kContainer, [&] {
      make_mounts_private();
      fs::create_directories("/usr/lib/debug");
      std::string place = by_build_id ? cat("/usr/lib/debug/.build-id/", id.substr(0, 2), "/", id.substr(2), ".debug")
                                      : cat("/usr/lib/debug", directory_, "/colour.debug");
      if (mount("tmpfs", "/usr/lib/debug", "tmpfs", 0, nullptr) < 0) _exit(126);
      fs::create_directories(fs::path(place).parent_path());
      fs::copy_file(debug, place);
      fs::remove(debug);
    });
    EXPECT_EQ(name_at(host, host.address("open " + path)), "red_inner") << (by_build_id ? "build id" : "debug link");
  }
}

// -- files and processes that change --------------------------------------------------------------------------

TEST_F(SymbolsOf, ADeletedFileAreStillThere) {
  std::string path = copy("red");
  Host host;
  uint64_t address = host.address("open " + path);
  fs::remove(path);
  EXPECT_EQ(name_at(host, address), "red_inner");
}

TEST_F(SymbolsOf, AReplacedFileComeFromTheOneThatIsMapped) {
  std::string path = copy("red");
  Host host;
  uint64_t address = host.address("open " + path);
  copy("blue");
  EXPECT_EQ(name_at(host, address), "red_inner");
  Host later;
  EXPECT_EQ(name_at(later, later.address("open " + path)), "blue_inner");
}

TEST_F(SymbolsOf, ALibraryAreFoundWhenItIsLoadedLater) {
  std::string red = copy("red", "red.so"), blue = copy("blue", "blue.so");
  Host host;
  auto symbols = ProcessSymbols::open(host.pid());
  ASSERT_OK(symbols);
  uint64_t first = expect_loaded(host, *symbols, red, "red_inner");
  EXPECT_EQ(host.ask("close"), "0");
  uint64_t second = expect_loaded(host, *symbols, blue, "blue_inner");
  EXPECT_EQ(first, second) << "the loader used another place: this tests less than it should";
}

TEST_F(SymbolsOf, AProgramAreReadAnewAfterExec) {
  std::string red = copy("red", "red.so"), blue = copy("blue", "blue.so");
  Host host;
  auto symbols = ProcessSymbols::open(host.pid());
  ASSERT_OK(symbols);
  uint64_t before = expect_loaded(host, *symbols, red, "red_inner");
  EXPECT_EQ(host.ask("exec"), "ready");
  EXPECT_NE(symbols->resolve(before).name, "red_inner");
  expect_loaded(host, *symbols, blue, "blue_inner");
}

TEST_F(SymbolsOf, AProcessThatHasEndedAreWhatWasKnown) {
  std::string path = copy("red");
  std::optional<ProcessSymbols> symbols;
  uint64_t address;
  {
    Host host;
    address = host.address("open " + path);
    symbols.emplace(std::move(*ProcessSymbols::open(host.pid())));
    EXPECT_EQ(symbols->resolve(address).name, "red_inner");
  }
  EXPECT_EQ(symbols->resolve(address).name, "red_inner");
}

TEST_F(SymbolsOf, TheVdsoAreReadFromMemory) {
  Host host(kContainer, make_mounts_private);
  uint64_t vdso = host.address("vdso");
  ASSERT_NE(vdso, 0u);
  auto symbols = ProcessSymbols::open(host.pid());
  ASSERT_OK(symbols);
  std::set<std::string> names;
  for (uint64_t at = vdso; at < vdso + 4096; at += 16) {
    Symbol symbol = symbols->resolve(at);
    EXPECT_EQ(symbol.module, "[vdso]");
    names.insert(symbol.name);
  }
  EXPECT_TRUE(names.count("__vdso_clock_gettime") || names.count("clock_gettime")) << testing::PrintToString(names);
}

}  // namespace
}  // namespace redbee::kernel_test
