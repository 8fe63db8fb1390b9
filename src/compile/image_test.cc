#include "redbee/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/compile/elf_fixture.h"

namespace redbee {
namespace {

using testing::HasSubstr;

const char* kFacts = R"({
  "version": 1, "compiler": "redbee-cc 0.1.0", "license": "GPL",
  "kernel": {"release": "6.1.0", "build_id": "abcd"},
  "maps": [{"name": "counts", "table": "hash", "type": 1, "key": 0, "leaf": 2, "key_size": 4, "leaf_size": 8,
            "max_entries": 10240, "flags": 0, "linkage": "", "pinned": "", "inner": "", "line": 7}],
  "programs": [{"name": "f", "section": "kprobe/vfs_read", "kind": "kprobe", "target": "vfs_read", "line": 9,
                "context": "pt_regs", "twins": [{"name": "f.fentry", "kind": "fentry"}],
                "usdt": [{"name": "f", "variant": 0}]}],
  "events": [{"map": "events", "type": 2}],
  "types": [
    {"kind": "int", "name": "unsigned int", "size": 4, "signed": false},
    {"kind": "array", "element": 0, "count": 1, "size": 4},
    {"kind": "struct", "name": "data_t", "size": 8, "packed": false,
     "fields": [{"name": "pid", "type": 0, "offset": 0},
                {"name": "flag", "type": 0, "offset": 4, "bit_offset": 3, "bits": 1}]},
    {"kind": "enum", "name": "e", "size": 4, "values": [["A", 0], ["B", -1]]},
    {"kind": "pointer", "size": 8, "pointee": 2}],
  "tracepoints": [{"name": "syscalls:sys_enter_write", "format_hash": "0123456789abcdef"}],
  "modules": [{"name": "nfs", "btf_hash": "fedcba9876543210"}]})";

TEST(Image, ReadsItsFactsSection) {
  auto image = Image::parse(elf_with(".redbee.facts", kFacts));
  ASSERT_TRUE(image) << image.error().message;
  const Facts& facts = image->facts();
  ASSERT_NE(facts.find_map("counts"), nullptr);
  EXPECT_EQ(facts.find_map("counts")->max_entries, 10240u);
  EXPECT_EQ(facts.find_map("nothing"), nullptr);
  EXPECT_EQ(facts.find_program("f")->find_twin("fentry")->name, "f.fentry");
  EXPECT_EQ(facts.find_program("f")->find_twin("raw_syscall"), nullptr);
  EXPECT_EQ(facts.find_event("events")->type, 2);
  EXPECT_EQ(facts.types[2].fields[1].bits, 1u);
  EXPECT_EQ(facts.types[3].values[1], (std::pair<std::string, int64_t>("B", -1)));
  EXPECT_EQ(facts.types[4].element, 2);
  EXPECT_EQ(facts.modules.at(0).name, "nfs");
  EXPECT_EQ(facts.modules.at(0).btf_hash, "fedcba9876543210");
}

TEST(Facts, SurviveWritingAndReading) {
  Facts facts = *parse_facts(kFacts);
  auto again = parse_facts(write_facts(facts));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(write_facts(*again), write_facts(facts));
  EXPECT_EQ(again->types[2].fields[1].bit_offset, 3u);
}

TEST(Facts, RefusesTypesThatHoldThemselves) {
  for (const char* types : {R"([{"kind":"array","element":0,"count":2,"size":8}])",
                            R"([{"kind":"struct","fields":[{"name":"a","type":0}],"size":8}])",
                            R"([{"kind":"array","element":7,"count":2,"size":8}])",
                            R"([{"kind":"array","element":-5,"count":2,"size":8}])"}) {
    auto facts = parse_facts(std::string(R"({"version":1,"types":)") + types + "}");
    ASSERT_FALSE(facts) << types;
    EXPECT_EQ(facts.error().code, Errc::invalid_argument);
  }
}

TEST(Facts, RefusesUnknownVersionsAndTextThatIsNotJson) {
  EXPECT_THAT(parse_facts(R"({"version":99})").error().message, HasSubstr("version 99"));
  for (const char* text : {"", "[]", "{", "\"x\"", "{\"version\":\"1\"}"}) EXPECT_FALSE(parse_facts(text)) << text;
}

TEST(Facts, PassesByMembersOfTheWrongShape) {
  auto facts = parse_facts(R"({"version":1,"maps":7,"programs":[3,{"name":5}],"types":null,"kernel":[]})");
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->maps.empty());
  EXPECT_EQ(facts->programs.size(), 1u);
}

TEST(Image, RefusesWhatIsNoBpfObject) {
  EXPECT_FALSE(Image::parse(""));
  EXPECT_FALSE(Image::parse("\177ELF"));
  std::string other_machine = elf_with(".redbee.facts", kFacts);
  reinterpret_cast<Elf64_Ehdr*>(other_machine.data())->e_machine = EM_X86_64;
  EXPECT_FALSE(Image::parse(other_machine));
}

TEST(Image, SurvivesBeingCutAnywhere) {
  std::string whole = elf_with(".redbee.facts", kFacts);
  for (size_t n = 0; n < whole.size(); n += 7) EXPECT_FALSE(Image::parse(whole.substr(0, n))) << n;
}

TEST(Image, TakesObjectsWithoutFactsOnlyWhenAsked) {
  std::string plain = elf_with(".text", "");
  EXPECT_THAT(Image::parse(plain).error().message, HasSubstr("redbee-cc"));
  auto image = Image::from_object(plain);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->facts().version, 0);
}

}  // namespace
}  // namespace redbee
