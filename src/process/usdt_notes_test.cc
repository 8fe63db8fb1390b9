#include "src/process/usdt_notes.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace redbee {
namespace {

using testing::ElementsAre;
using Strings = std::vector<std::string>;

std::string note(uint64_t address, const std::string& strings, uint32_t type = 3) {
  uint64_t numbers[3] = {address, 0x500, 0x700};
  std::string body(reinterpret_cast<char*>(numbers), sizeof numbers);
  body += strings;
  Elf64_Nhdr header{8, static_cast<uint32_t>(body.size()), type};
  std::string bytes(reinterpret_cast<char*>(&header), sizeof header);
  bytes += std::string("stapsdt\0", 8) + body;
  while (bytes.size() % 4) bytes += '\0';
  return bytes;
}

const std::string kTick("lib\0tick\0-4@%edi 8@counter+8(%rip)\0", 35);

TEST(UsdtNotes, AreReadOneAfterTheOther) {
  std::string section = note(0x1000, kTick) + note(0x2000, std::string("a\0b\0\0", 5));
  auto notes = parse_usdt_notes(section);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].address, 0x1000u);
  EXPECT_EQ(notes[0].base, 0x500u);
  EXPECT_EQ(notes[0].semaphore, 0x700u);
  EXPECT_EQ(notes[0].provider, "lib");
  EXPECT_EQ(notes[0].name, "tick");
  EXPECT_EQ(notes[0].arguments, "-4@%edi 8@counter+8(%rip)");
  EXPECT_EQ(notes[1].arguments, "");
}

TEST(UsdtNotes, OfOtherTypesArePassedBy) { EXPECT_TRUE(parse_usdt_notes(note(1, kTick, 99)).empty()); }

TEST(UsdtNotes, CutAnywhereAreNeverReadBeyondTheirEnd) {
  std::string whole = note(0x1000, kTick);
  for (size_t n = 0; n < whole.size(); n++) {
    std::string exact = whole.substr(0, n);
    parse_usdt_notes(exact);   // under AddressSanitizer
  }
  std::string huge = whole;
  reinterpret_cast<Elf64_Nhdr*>(huge.data())->n_namesz = 0xffffffff;
  EXPECT_TRUE(parse_usdt_notes(huge).empty());
}

std::optional<uint64_t> find_symbol(std::string_view name) {
  if (name == "counter") return 0x3000;
  if (name == "odd-name") return 0x4000;
  return std::nullopt;
}

Strings normalise(std::string_view arguments) {
  return normalise_usdt_arguments(arguments, 0x1000, [](std::string_view name) { return find_symbol(name); });
}

TEST(UsdtArguments, KeepRegistersConstantsAndMemory) {
  EXPECT_THAT(normalise("8@%rdi -4@$-5 4@-20(%rbp) 1@(%rax,%rbx,4) 8f@%xmm0"),
              ElementsAre("8@%rdi", "-4@$-5", "4@-20(%rbp)", "1@(%rax,%rbx,4)", "8f@%xmm0"));
  EXPECT_TRUE(normalise("").empty());
}

TEST(UsdtArguments, TurnSymbolsIntoDisplacementsFromTheProbe) {
  EXPECT_THAT(normalise("8@counter(%rip) 4@counter+8(%rip) 4@8+counter(%rip) -4@counter-16(%rip) 8@odd-name(%rip)"),
              ElementsAre("8@8192(%ip)", "4@8200(%ip)", "4@8200(%ip)", "-4@8176(%ip)", "8@12288(%ip)"));
}

TEST(UsdtArguments, OfUnknownSymbolsReadAsZero) {
  EXPECT_THAT(normalise("-4@nothing+8(%rip)"), ElementsAre("-4f@nothing+8(%rip)"));
}

TEST(UsdtArguments, WithoutASizeHaveEightBytes) { EXPECT_THAT(normalise("%rdi"), ElementsAre("8@%rdi")); }

TEST(UsdtBinding, HasOneVariantForEachDistinctLayout) {
  UsdtProbe probe{.provider = "lib", .name = "tick"};
  probe.locations = {{1, 1, {"8@%rdi"}}, {2, 2, {"8@%rax"}}, {3, 3, {"8@%rdi"}}};
  UsdtBinding binding = bind_usdt(probe, "f");
  EXPECT_EQ(binding.probe, "lib:tick");
  EXPECT_THAT(binding.variants, ElementsAre(Strings{"8@%rdi"}, Strings{"8@%rax"}));
  EXPECT_EQ(usdt_variant(probe, probe.locations[2]), 0u);
  EXPECT_EQ(usdt_variant(probe, probe.locations[1]), 1u);
}

TEST(FindUsdtProbe, TakesTheProviderIntoAccountWhenGiven) {
  std::vector<UsdtProbe> probes(2);
  probes[0].provider = "a", probes[0].name = "x";
  probes[1].provider = "b", probes[1].name = "x";
  EXPECT_EQ(find_usdt_probe(probes, "x"), &probes[0]);
  EXPECT_EQ(find_usdt_probe(probes, "b:x"), &probes[1]);
  EXPECT_EQ(find_usdt_probe(probes, "c:x"), nullptr);
}

}  // namespace
}  // namespace redbee
