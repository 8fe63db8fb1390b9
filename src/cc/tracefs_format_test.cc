#include "src/cc/tracefs_format.h"

#include <gtest/gtest.h>

namespace redbee::cc {
namespace {

constexpr char kFormat[] = R"(name: sample
ID: 7
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:const char * buf;	offset:8;	size:8;	signed:0;
	field:char comm[TASK_COMM_LEN];	offset:16;	size:16;	signed:1;
	field:__data_loc char[] filename;	offset:32;	size:4;	signed:0;
	field:struct request *rq;	offset:40;	size:8;	signed:0;
	field:unsigned long args[6];	offset:48;	size:48;	signed:0;

print fmt: "field:none;"
)";

TEST(TracefsFormat, FieldsKeepTheirWords) {
  auto fields = parse_format(kFormat);
  ASSERT_TRUE(fields) << fields.error().message;
  ASSERT_EQ(fields->size(), 5u);
  EXPECT_EQ((*fields)[0], (FormatField{"const char *", "buf", 8, 8, false, false}));
  EXPECT_EQ((*fields)[1], (FormatField{"char", "comm", 16, 16, true, true}));
  EXPECT_EQ((*fields)[3], (FormatField{"struct request *", "rq", 40, 8, false, false}));
  EXPECT_EQ((*fields)[4], (FormatField{"unsigned long", "args", 48, 48, false, true}));
}

TEST(TracefsFormat, DynamicFieldIsAnIntNamedDataLoc) {
  auto fields = parse_format(kFormat);
  ASSERT_TRUE(fields);
  EXPECT_EQ((*fields)[2], (FormatField{"int", "data_loc_filename", 32, 4, false, false}));
}

TEST(TracefsFormat, AFieldWithoutOffsetIsRefused) {
  EXPECT_FALSE(parse_format("\tfield:int a;\tsize:4;\n"));
  EXPECT_FALSE(parse_format("\tfield:;\toffset:0;\tsize:4;\n"));
}

TEST(TracefsFormat, AnEmptyFileIsNoFormat) {
  EXPECT_FALSE(parse_format(""));
}

}  // namespace
}  // namespace redbee::cc
