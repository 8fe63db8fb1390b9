#include "src/cc/facts.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "src/base/fnv1a.h"
#include "src/cc/options.h"
#include "src/cc/printk_format.h"

namespace redbee::cc {
namespace {

TEST(Facts, JsonSaysWhatTheValuesSay) {
  Facts facts;
  facts.kernel_release = "6.1.0";
  facts.types.push_back({.kind = "int", .name = "u32", .size = 4});
  TypeFacts record{.kind = "struct", .name = "data_t", .size = 8};
  record.fields.push_back({"pid", 0, 0, 0, 0});
  record.fields.push_back({"flag", 0, 4, 3, 1});
  facts.types.push_back(record);
  facts.events.push_back({"events", 1});
  facts.tracepoints.push_back({"a:b", 0xabc});
  ProgramFacts program{
      .name = "f", .section = "kprobe", .kind = "", .target = "", .context = "pt_regs"};
  program.twins.push_back({"f.fentry", "fentry", 2});
  program.twins.push_back({"f.raw", "raw_syscall", -1});
  facts.programs.push_back(program);
  const auto json = nlohmann::json::parse(to_json(facts));
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["types"][0]["signed"], false);
  EXPECT_EQ(json["types"][1]["fields"][1]["bit_offset"], 3);
  EXPECT_FALSE(json["types"][1]["fields"][0].contains("bits"));
  EXPECT_EQ(json["events"][0]["type"], 1);
  EXPECT_EQ(json["tracepoints"][0]["format_hash"], "0000000000000abc");
  EXPECT_EQ(json["programs"][0]["twins"][0]["arguments"], 2);
  EXPECT_FALSE(json["programs"][0]["twins"][1].contains("arguments"));
}

TEST(Facts, HashIsFnv1a64) {
  EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325ull);
  EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cull);
}

TEST(PrintkFormat, CountsConversionsAndKnowsTheKernelsOwn) {
  EXPECT_EQ(printk_format_problem("%s %5d %llx 100%%", 3), "");
  EXPECT_NE(printk_format_problem("%d", 2), "");
  EXPECT_NE(printk_format_problem("%f", 1), "");
  EXPECT_NE(printk_format_problem("%d %d %d %d", 4), "");
  EXPECT_NE(printk_format_problem("%", 0), "");
  EXPECT_EQ(printk_format_problem("%p %c %i", 3), "");
}

TEST(Options, OutputDefaultsToTheSourcesName) {
  auto options = parse_options({"dir/tool.c"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->output, "tool.o");
  EXPECT_EQ(options->name, "dir/tool.c");
  EXPECT_EQ(parse_options({"-"})->output, "-");
  EXPECT_EQ(parse_options({"--facts", "tool.c"})->output, "");
}

TEST(Options, PreprocessorOptionsKeepTheirOrder) {
  auto options = parse_options({"-DA=1", "-U", "B", "-Iinclude", "x.c"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->preprocessor, (std::vector<std::string>{"-DA=1", "-UB", "-Iinclude"}));
}

TEST(Options, WrongUsageIsRefused) {
  EXPECT_FALSE(parse_options({}));
  EXPECT_FALSE(parse_options({"a.c", "b.c"}));
  EXPECT_FALSE(parse_options({"--nonsense", "a.c"}));
  EXPECT_FALSE(parse_options({"a.c", "-o"}));
}

}  // namespace
}  // namespace redbee::cc
