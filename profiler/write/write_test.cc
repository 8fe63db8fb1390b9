// Each format over the known recording, whose samples are listed in testing/sample_recording.h.
// What the formats' own readers make of them is tested in tests/formats.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <nlohmann/json.hpp>
#include <protozero/pbf_reader.hpp>

#include "profiler/profile/difference.h"
#include "profiler/profile/merge.h"
#include "profiler/testing/sample_recording.h"
#include "profiler/write/difference.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class FormatTest : public testing::Test {
 protected:
  std::string write(std::string_view format,
                    FilterOptions filter = {},
                    ReportOptions options = {}) {
    profile_ = aggregate(recording_, filter).value();
    std::string text;
    Output out = Output::into(text);
    find_format(format)->write({profile_, options}, out);
    EXPECT_TRUE(out.commit());
    return text;
  }
  std::vector<json> lines(const std::string& text) {
    std::vector<json> values;
    for (std::string_view line : split(text, '\n', false)) values.push_back(json::parse(line));
    return values;
  }

  Recording recording_ = known_recording();
  Profile profile_;
};

TEST_F(FormatTest, SamplesAreOneObjectALineAndTheLossesLast) {
  std::vector<json> rows = lines(write("samples"));
  ASSERT_EQ(rows.size(), 9u);
  EXPECT_EQ(rows[0],
            json::parse(R"({"time_ns":5010000000,"pid":100,"tid":100,"thread":"main","cpu":1,
      "event":"cpu","weight":1,"status":"ok","frames":[
      {"kind":"ruby","method":"Job#work","label":"work","path":"job.rb","line":10},
      {"kind":"ruby","method":"<main>","label":"<main>","path":"app.rb","line":3}]})"));
  EXPECT_EQ(rows[4]["frames"][1]["label"], "block in run");
  EXPECT_EQ(rows[4]["frames"][1]["base_label"], "run");
  EXPECT_EQ(rows[4]["fiber"], 7);
  EXPECT_EQ(rows[5]["frames"][0]["kind"], "kernel");
  EXPECT_EQ(rows[7]["status"], "truncated_depth");
  EXPECT_EQ(rows[8],
            json::parse(R"({"redbee":{"delivered":8,"lost":2,"skipped":1,"truncated_depth":1}})"));
}

TEST_F(FormatTest, SummaryCountsAMethodOncePerStack) {
  json report = json::parse(write("json"));
  const json& event = report["events"][0];
  EXPECT_EQ(event["samples"], 8);
  const json& work = event["methods"][0];
  EXPECT_EQ(work["method"], "Job#work");
  EXPECT_EQ(work["self"], 5);
  EXPECT_EQ(work["total"], 8) << "recursion counts once";
  EXPECT_EQ(event["lines"][0]["line"], 10);
  EXPECT_EQ(event["lines"][0]["self"], 3);
  EXPECT_EQ(event["threads"].size(), 2u);
  EXPECT_EQ(report["redbee"]["lost"], 2);
}

TEST_F(FormatTest, RowsAreTheSameInCsvAndNdjson) {
  std::vector<json> rows = lines(write("ndjson"));
  EXPECT_EQ(rows.back()["redbee"]["delivered"], 8);
  std::string csv = write("csv");
  EXPECT_THAT(csv, HasSubstr("event,kind,method,path,self,total\ncpu,ruby,Job#work,job.rb,5,8\n"));
  EXPECT_EQ(split(csv, '\n', false).size(), rows.size());
  EXPECT_THAT(write("csv", {}, {.detail = Detail::line}),
              HasSubstr("cpu,ruby,Job#work,job.rb,10,3,4\n"));
}

TEST_F(FormatTest, TableShowsSelfAndTotal) {
  std::string table = write("table");
  EXPECT_THAT(table, HasSubstr("cpu: 8 samples at 100 Hz, about 80.00 ms"));
  EXPECT_THAT(table, HasSubstr("5  62.5%      8  100.0%  Job#work"));
  EXPECT_THAT(table, HasSubstr("1 sample is not whole: truncated_depth"));
  EXPECT_THAT(table, Not(HasSubstr("\x1b"))) << "no colour unless asked for";
  EXPECT_THAT(write("table", {}, {.rows = 2}), HasSubstr("… and 5 more"));
}

TEST_F(FormatTest, FoldedIsOutermostFirst) {
  std::string folded = write("folded");
  EXPECT_THAT(folded, HasSubstr("<main>;Job#work 3\n"));
  EXPECT_THAT(folded, HasSubstr("Job.run;Job#work;Kernel#sleep;native_sleep;do_nanosleep_[k] 1\n"));
  EXPECT_THAT(write("folded", {}, {.detail = Detail::line}),
              HasSubstr("<main> app.rb:3;Job#work job.rb:10 2\n"));
}

TEST_F(FormatTest, TreeSumsUpSmallBranches) {
  std::string tree = write("tree");
  EXPECT_THAT(tree, HasSubstr(" 50.0%   37.5%    Job#work  job.rb\n"));
  EXPECT_THAT(write("tree", {}, {.min_percent = 30}), HasSubstr("… 1 smaller"));
}

TEST_F(FormatTest, SourceShowsTheLinesOfAFileWithTheirWeights) {
  TemporaryDirectory directory;
  std::string text;
  for (int line = 1; line <= 30; line++) text += cat("code on line ", line, "\n");
  ASSERT_TRUE(write_file_atomically(directory.file("job.rb"), text));
  std::string source = write("source", {}, {.source_roots = {directory.path()}});
  // GC on top of line 10, and native code below line 11, are time of those lines.
  EXPECT_THAT(source, HasSubstr("  50.0%   50.0%    10  code on line 10\n"));
  EXPECT_THAT(source, HasSubstr("                    9  code on line 9\n"));
  EXPECT_THAT(source, Not(HasSubstr("code on line 15\n")));
  EXPECT_THAT(source, HasSubstr("app.rb")) << "a file that is not there is told of";
  EXPECT_THAT(source, HasSubstr("--source-root"));
}

TEST_F(FormatTest, SpeedscopeHasAProfileAThread) {
  json page = json::parse(write("speedscope"));
  ASSERT_EQ(page["profiles"].size(), 2u);
  const json& first = page["profiles"][0];
  EXPECT_EQ(first["unit"], "seconds");
  EXPECT_NEAR(first["endValue"].get<double>(), 0.04, 1e-9);
  EXPECT_EQ(first["samples"].size(), first["weights"].size());
  EXPECT_EQ(first["samples"].size(), 3u) << "equal neighbours are one";
  auto innermost = page["profiles"][0]["samples"][0].back().get<size_t>();
  EXPECT_EQ(page["shared"]["frames"][innermost]["name"], "Job#work");
}

TEST_F(FormatTest, FirefoxTablesAgreeInLength) {
  json profile = json::parse(write("firefox"));
  EXPECT_EQ(profile["meta"]["preprocessedProfileVersion"], 47);
  for (const json& thread : profile["threads"]) {
    for (const char* table :
         {"samples", "stackTable", "frameTable", "funcTable", "nativeSymbols", "resourceTable"}) {
      for (const auto& [name, column] : thread[table].items()) {
        if (!column.is_array()) continue;
        EXPECT_EQ(column.size(), thread[table]["length"]) << table << "." << name;
      }
    }
    const json& stacks = thread["stackTable"];
    for (size_t i = 0; i < stacks["length"]; i++) {
      EXPECT_TRUE(stacks["prefix"][i].is_null() || stacks["prefix"][i].get<size_t>() < i);
      EXPECT_LT(stacks["frame"][i].get<size_t>(), thread["frameTable"]["length"].get<size_t>());
      EXPECT_LT(stacks["category"][i].get<size_t>(), profile["meta"]["categories"].size());
    }
    for (const json& name : thread["funcTable"]["name"])
      EXPECT_LT(name.get<size_t>(), thread["stringArray"].size());
  }
}

TEST_F(FormatTest, CallgrindCostsAddUp) {
  std::string text = write("callgrind");
  EXPECT_THAT(text, HasSubstr("events: cpu\n"));
  uint64_t self = 0;
  bool is_call = false;
  for (std::string_view line : split(text, '\n', false)) {
    if (isdigit(static_cast<unsigned char>(line[0])) && !is_call)
      self += *parse_u64(split(line, ' ')[1]);
    is_call = line.starts_with("calls=");
  }
  EXPECT_EQ(self, 8u);
  EXPECT_THAT(text, HasSubstr("totals: 8\n"));
}

TEST_F(FormatTest, CpuprofileDeltasReachTheEnd) {
  json profile = json::parse(write("cpuprofile"));
  EXPECT_EQ(profile["samples"].size(), 8u);
  int64_t time = profile["startTime"];
  for (const json& delta : profile["timeDeltas"]) time += delta.get<int64_t>();
  EXPECT_EQ(time, profile["endTime"]);
  EXPECT_EQ(profile["nodes"][0]["callFrame"]["functionName"], "(root)");
}

std::string gunzip(std::string_view bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST_F(FormatTest, PprofSamplesAndNanosecondsAddUp) {
  std::string bytes = gunzip(write("pprof"));
  protozero::pbf_reader profile(bytes);
  std::vector<std::string> strings;
  int64_t samples = 0, nanoseconds = 0, period = 0;
  while (profile.next()) {
    if (profile.tag() == 2) {
      protozero::pbf_reader sample = profile.get_message();
      while (sample.next(2)) {
        auto values = sample.get_packed_int64();
        auto at = values.begin();
        samples += *at++;
        nanoseconds += *at;
      }
    } else if (profile.tag() == 6) {
      strings.push_back(profile.get_string());
    } else if (profile.tag() == 12) {
      period = profile.get_int64();
    } else {
      profile.skip();
    }
  }
  EXPECT_EQ(samples, 8);
  EXPECT_EQ(nanoseconds, 80'000'000);
  EXPECT_EQ(period, 10'000'000);
  EXPECT_EQ(strings[0], "");
  EXPECT_THAT(strings, testing::Contains("Kernel#sleep"));
}

TEST_F(FormatTest, HtmlHoldsEverythingItself) {
  std::string page = write("html");
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy"));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  EXPECT_THAT(page, HasSubstr("\"Job#work\""));
  EXPECT_THAT(page, HasSubstr("{\"redbee\":{\"delivered\":8"));
}

// Every format over names with quotes, markup, separators, line ends and bytes that are no UTF-8.
TEST(OddNames, NoFormatBreaks) {
  TemporaryDirectory directory;
  write_sample_recording(directory.file("odd"), {.samples = 300, .has_odd_names = true});
  Recording recording = read_recording(directory.file("odd")).value();
  Profile profile = aggregate(recording).value();
  for (const Format& format : formats()) {
    std::string text;
    Output out = Output::into(text);
    format.write({profile, {.rows = 0}}, out);
    ASSERT_TRUE(out.commit());
    ASSERT_FALSE(text.empty());
    if (format.is_binary) continue;
    EXPECT_EQ(text.find('\xff'), std::string::npos) << format.name;
    if (format.name == "html") {
      EXPECT_EQ(text.find(";</script>"), std::string::npos);
    }
    if (format.name == "csv" || format.name == "html") continue;
    for (std::string_view line : split(text, '\n', false))
      EXPECT_FALSE(line.starts_with("\\x41")) << format.name;
  }
  for (const char* name : {"json", "speedscope", "firefox", "cpuprofile"}) {
    std::string text;
    Output out = Output::into(text);
    find_format(name)->write({profile, {}}, out);
    ASSERT_TRUE(out.commit());
    EXPECT_TRUE(json::accept(text)) << name;
  }
}

TEST_F(FormatTest, FiltersChooseSamples) {
  EXPECT_EQ((write("folded", {.threads = {"worker"}}), profile_.samples.size()), 4u);
  EXPECT_EQ((write("folded", {.threads = {"100"}}), profile_.samples.size()), 4u);
  EXPECT_EQ((write("folded", {.methods = {"Kernel#"}}), profile_.samples.size()), 2u);
  EXPECT_EQ((write("folded", {.methods = {"/^Job[.]run$/"}}), profile_.samples.size()), 3u);
  EXPECT_EQ((write("folded", {.without = {"sleep"}}), profile_.samples.size()), 6u);
  EXPECT_EQ(
      (write("folded", {.from_ns = 20'000'000, .to_ns = 40'000'000}), profile_.samples.size()), 2u);
  EXPECT_EQ(lines(write("samples", {.threads = {"worker"}})).back()["redbee"]["filtered_out"], 4);
}

TEST_F(FormatTest, AFilterThatMatchesNothingSaysWhatThereIs) {
  auto message = [&](FilterOptions filter) {
    return aggregate(recording_, filter).error().message;
  };
  EXPECT_THAT(message({.threads = {"puma"}}), HasSubstr("main (100), worker (101)"));
  EXPECT_THAT(message({.pids = {7}}), HasSubstr("100"));
  EXPECT_THAT(message({.events = {"alloc"}}), HasSubstr("cpu"));
  EXPECT_THAT(message({.methods = {"Nope"}}), HasSubstr("--method Nope"));
  EXPECT_THAT(message({.methods = {"/(/"}}), HasSubstr("regular expression"));
  EXPECT_THAT(message({.from_ns = 10'000'000'000}), HasSubstr("none of the 8 samples"));
  recording_.samples.clear();
  EXPECT_THAT(message({}), HasSubstr("no samples"));
}

TEST_F(FormatTest, ARecordingWithoutAnEndDoesNotClaimThatNothingWasLost) {
  recording_.totals.reset();
  recording_.damage.is_cut_short = true;
  EXPECT_THAT(write("samples"), HasSubstr(R"("lost":null,"skipped":null,"cut_short":true})"));
  EXPECT_THAT(describe_losses(profile_), HasSubstr("has no end"));
}

TEST(Merge, SamplesOfEqualRecordingsDouble) {
  std::vector<Recording> two;
  two.push_back(known_recording());
  two.push_back(known_recording());
  Recording merged = merge_recordings(std::move(two));
  Recording one = known_recording();
  EXPECT_EQ(merged.samples.size(), 16u);
  EXPECT_EQ(merged.frames.size(), one.frames.size());
  EXPECT_EQ(merged.stacks.size(), one.stacks.size());
  EXPECT_EQ(merged.totals->lost, 4u);
  EXPECT_EQ(merged.header.processes.size(), 1u);
  EXPECT_EQ(merged.samples[0].time_ns, merged.samples[8].time_ns);
}

TEST(Merge, DifferentRatesBecomeTime) {
  std::vector<Recording> two;
  two.push_back(known_recording());
  two.push_back(known_recording());
  two[1].header.frequency_hz = 1000;
  two[1].header.start_unix_ns += 60'000'000'000;
  Recording merged = merge_recordings(std::move(two));
  EXPECT_EQ(merged.header.events[0].unit, Unit::nanoseconds);
  EXPECT_EQ(merged.samples[0].weight, 10'000'000u);
  EXPECT_EQ(merged.samples[8].weight, 1'000'000u);
  EXPECT_EQ(merged.samples[8].time_ns - merged.samples[0].time_ns, 60'000'000'000u);
}

TEST(Merge, AWrittenRecordingReadsTheSame) {
  TemporaryDirectory directory;
  Recording recording = known_recording();
  ASSERT_TRUE(write_recording(directory.file("copy"), recording));
  Recording copy = read_recording(directory.file("copy")).value();
  std::string before, after;
  Profile profile = aggregate(recording).value(), copied = aggregate(copy).value();
  Output first = Output::into(before), second = Output::into(after);
  write_samples({profile, {}}, first);
  write_samples({copied, {}}, second);
  ASSERT_TRUE(first.commit() && second.commit());
  EXPECT_EQ(before, after);
}

TEST(Difference, ComparesShares) {
  Recording after = known_recording();
  // The second run has only the main thread's samples.
  std::erase_if(after.samples,
                [&](const SampleRow& s) { return after.threads[s.thread].tid != 100; });
  Difference difference = compare(known_recording(), std::move(after), {}).value();
  std::vector<DifferenceRow> rows = difference.rows(0, Detail::method);
  const Recording& merged = *difference.recording;
  for (const DifferenceRow& row : rows) {
    if (merged.text(merged.frames[row.frame].method) != "Job#work") continue;
    EXPECT_EQ(row.self_before, 5u);
    EXPECT_EQ(row.self_after, 3u);
    EXPECT_NEAR(difference.self_change(0, row), 75 - 62.5, 1e-9);
  }
  std::string text;
  Output out = Output::into(text);
  write_difference_folded(difference, {}, out);
  ASSERT_TRUE(out.commit());
  EXPECT_THAT(text, HasSubstr("<main>;Job#work 3 3\n"));
  EXPECT_THAT(text, HasSubstr("Job.run;Job#work 1 0\n"));
}

TEST(Output, AFileAppearsWholeOrNotAtAll) {
  TemporaryDirectory directory;
  std::string path = directory.file("out");
  ASSERT_TRUE(write_file_atomically(path, "before"));
  {
    Output out = Output::open(path).value();
    out.text("half");
  }
  EXPECT_EQ(read_file(path).value(), "before");
  Output out = Output::open(path).value();
  out.text("whole");
  EXPECT_EQ(read_file(path).value(), "before");
  ASSERT_TRUE(out.commit());
  EXPECT_EQ(read_file(path).value(), "whole");
}

TEST(Output, ALinkAndADeviceStayWhatTheyAre) {
  TemporaryDirectory directory;
  ASSERT_TRUE(write_file_atomically(directory.file("real"), "x"));
  ASSERT_EQ(symlink("real", directory.file("link").c_str()), 0);
  Output out = Output::open(directory.file("link")).value();
  out.text("new");
  ASSERT_TRUE(out.commit());
  EXPECT_EQ(read_file(directory.file("real")).value(), "new");
  Output null = Output::open("/dev/null").value();
  null.text("x");
  ASSERT_TRUE(null.commit());
  struct stat info;
  ASSERT_EQ(stat("/dev/null", &info), 0);
  EXPECT_TRUE(S_ISCHR(info.st_mode));
}

TEST(Output, AFullDiskIsAnError) {
  Output out = Output::open("/dev/full").value();
  out.text("x");
  EXPECT_THAT(out.commit().error().message, HasSubstr("/dev/full"));
}

}  // namespace
}  // namespace redbee::profiler
