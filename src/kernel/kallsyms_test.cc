#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "redbee/symbols.h"

namespace redbee {
namespace {

constexpr const char* kText =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000100 T vfs_read\n"
    "ffffffff81000100 T vfs_read_alias\n"
    "ffffffff81000200 t blk_account_io_done.part.0\n"
    "ffffffff81000180 T __x64_sys_clone\n"
    "ffffffff82000000 D jiffies\n"
    "ffffffffc0000000 t nfs_open\t[nfs]\n"
    "garbage\n";

TEST(KernelSymbols, FindsTheFunctionThatHoldsAnAddress) {
  auto symbols = KernelSymbols::parse(kText);
  ASSERT_TRUE(symbols);
  EXPECT_EQ(symbols->find(0xffffffff81000110)->name, "vfs_read");
  EXPECT_EQ(symbols->find(0xffffffff81000110)->offset, 0x10u);
  EXPECT_EQ(symbols->find(0xffffffff81000190)->name, "__x64_sys_clone");
  EXPECT_EQ(symbols->find(0xffffffffc0000001)->module, "nfs");
  EXPECT_FALSE(symbols->find(0x1000));
}

TEST(KernelSymbols, FindsAddressesByName) {
  auto symbols = KernelSymbols::parse(kText);
  EXPECT_EQ(symbols->address_of("jiffies"), 0xffffffff82000000u);
  EXPECT_FALSE(symbols->address_of("nothing"));
  EXPECT_TRUE(symbols->has_function("vfs_read"));
  EXPECT_FALSE(symbols->has_function("jiffies"));
}

TEST(KernelSymbols, NamesWhatAUserMayHaveMeant) {
  auto symbols = KernelSymbols::parse(kText);
  EXPECT_THAT(symbols->similar_to("blk_account_io_done"), testing::ElementsAre("blk_account_io_done.part.0"));
  EXPECT_THAT(symbols->similar_to("sys_clone"), testing::ElementsAre("__x64_sys_clone"));
  EXPECT_THAT(symbols->similar_to("clone"), testing::ElementsAre("__x64_sys_clone"));
  EXPECT_TRUE(symbols->similar_to("no_such_thing").empty());
}

TEST(KernelSymbols, SaysThatAddressesAreHidden) {
  auto symbols = KernelSymbols::parse("0000000000000000 T a\n0000000000000000 T b\n");
  ASSERT_FALSE(symbols);
  EXPECT_EQ(symbols.error().code, Errc::not_permitted);
}

TEST(Syscalls, NumbersAreThoseOfTheSystemsHeaders) {
  EXPECT_EQ(syscall_number("read"), SYS_read);
  EXPECT_EQ(syscall_number("clone"), SYS_clone);
  EXPECT_EQ(syscall_number("newuname"), SYS_uname);
  EXPECT_EQ(syscall_number("openat2"), SYS_openat2);
  EXPECT_FALSE(syscall_number("no_such_call"));
}

TEST(Syscalls, AreRecognisedInEverySpelling) {
  for (const char* symbol : {"sys_clone", "SyS_clone", "__x64_sys_clone", "__se_sys_clone"}) {
    EXPECT_EQ(syscall_of_symbol(symbol), "clone") << symbol;
  }
  EXPECT_FALSE(syscall_of_symbol("sys_imageblit"));
  EXPECT_FALSE(syscall_of_symbol("vfs_read"));
}

}  // namespace
}  // namespace redbee
