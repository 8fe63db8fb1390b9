#include <gtest/gtest.h>

#include "view/histogram.h"
#include "view/table.h"
#include "view/text.h"

namespace redbee::view {
namespace {

std::string json(std::string_view bytes) {
  std::string out;
  append_json(out, bytes);
  return out;
}

TEST(Text, BytesThatAreNotUtf8AreEscapedAndNothingIsDropped) {
  EXPECT_EQ(utf8("a\xff\xfe"
                 "b"),
            "a\\xff\\xfeb");
  EXPECT_EQ(utf8("\xc3\xa9"), "\xc3\xa9");
  EXPECT_EQ(utf8("\xc3"), "\\xc3");
  EXPECT_EQ(utf8("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(utf8("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond U+10FFFF";
}

TEST(Text, ALiteralEscapeStaysApartFromAnEscapedByte) {
  EXPECT_EQ(utf8("\\xff"), "\\x5cxff");
  EXPECT_EQ(utf8("C:\\dir"), "C:\\dir");
}

TEST(Text, JsonIsSafeInsideAScript) {
  EXPECT_EQ(json("a\"\\\n</script>\x01"), "\"a\\\"\\\\\\n\\u003c/script>\\u0001\"");
  EXPECT_EQ(json("\xff"), "\"\\\\xff\"");
  EXPECT_EQ(html_escape("<a href='x'>\xff&"), "&lt;a href=&#39;x&#39;&gt;\\xff&amp;");
}

TEST(Text, PrintableHasNoControlCharacters) {
  EXPECT_EQ(printable("\x1b[31m\nx\x7f"), "\\x1b[31m\\x0ax\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "1m"),
            "\\xc2\\x9b1m")
      << "the one-character CSI";
}

TEST(Text, ShortensToColumnsNotBytes) {
  EXPECT_EQ(display_width("日本"), 4);
  EXPECT_EQ(shorten("abcdefghij", 7), "ab…ghij");
  EXPECT_LE(display_width(shorten("日本語のメソッド名", 7)), 7);
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abc", 1), "…");
}

TEST(Text, NumbersForPeople) {
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(percent(1, 0), "0.0%");
  EXPECT_EQ(percent(1, 3), "33.3%");
  EXPECT_EQ(human_ns(1'500'000), "1.50 ms");
  EXPECT_EQ(human_bytes(1536), "1.50 KiB");
}

TEST(Table, GivesWayInItsFlexibleColumn) {
  Table table({{"self", Align::right}, {"method", Align::left, true}});
  table.add({"12", std::string(100, 'm')});
  table.add({"7", "short\x1b"});
  EXPECT_EQ(table.render({.width = 26}),
            "self  method\n"
            "  12  mmmmmm…mmmmmmmmmmmmm\n"
            "   7  short\\x1b\n");
}

TEST(Histogram, TheLongestBarFillsTheWidth) {
  EXPECT_EQ(render_bars({{"a", 10}, {"bb", 5}, {"c", 0}}, {.width = 18}),
            " a  10  ██████████\n"
            "bb   5  █████\n"
            " c   0  \n");
  EXPECT_EQ(sparkline({0, 1, 4, 8}), " ▁▄█");
}

}  // namespace
}  // namespace redbee::view
