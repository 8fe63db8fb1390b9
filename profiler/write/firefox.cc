// `firefox`: the Firefox profiler's processed profile format, version 47: a thread each, with its
// own tables of strings, functions, frames and stacks.
#include <map>

#include "profiler/profile/names.h"
#include "profiler/recording/intern_table.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "redbee/version.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

struct Category {
  const char* name;
  const char* colour;  // of the profiler's own set
};

// In the order of FrameKind.
constexpr Category kCategories[kFrameKinds] = {{"Ruby", "red"},
                                               {"C function", "orange"},
                                               {"Native", "blue"},
                                               {"Kernel", "grey"},
                                               {"GC", "purple"}};

// Tables are columns; each column is an array that is built up as text.
class Column {
 public:
  void number(int64_t value) { add(std::to_string(value)); }
  void null() { add("null"); }
  void real(double value) { add(fmt::format("{:.6f}", value)); }
  void truth(bool value) { add(value ? "true" : "false"); }
  void text(std::string_view value) {
    std::string json;
    view::append_json(json, value);
    add(json);
  }
  std::string json() const { return "[" + text_ + "]"; }

 private:
  void add(std::string_view value) {
    if (!text_.empty()) text_ += ',';
    text_ += value;
  }
  std::string text_;
};

class ThreadTables {
 public:
  // `is_time`: weights are nanoseconds, and written as milliseconds.
  ThreadTables(const Recording& recording, bool is_time)
      : recording_(recording), is_time_(is_time) {}

  void add_sample(const SampleRow& sample, double time_ms) {
    sample.stack ? sample_stack_.number(stack_of(sample.stack)) : sample_stack_.null();
    sample_time_.real(time_ms);
    is_time_ ? sample_weight_.real(static_cast<double>(sample.weight) / 1e6)
             : sample_weight_.number(static_cast<int64_t>(sample.weight));
    sample_count_++;
  }

  void write(std::string_view weight_type, Output& out) {
    out.print(
        "\"samples\":{{\"stack\":{},\"time\":{},\"weight\":{},\"weightType\":\"{}\",\"length\":{}}}"
        ",\n",
        sample_stack_.json(), sample_time_.json(), sample_weight_.json(), weight_type,
        sample_count_);
    out.text(
        "\"markers\":{\"data\":[],\"name\":[],\"startTime\":[],\"endTime\":[],\"phase\":[],"
        "\"category\":[],\"length\":0},\n");
    out.print(
        "\"stackTable\":{{\"frame\":{},\"category\":{},\"subcategory\":{},\"prefix\":{},\"length\":"
        "{}}},\n",
        stack_frame_.json(), stack_category_.json(), stack_subcategory_.json(),
        stack_prefix_.json(), stacks_.next_id());
    write_frames(out);
    write_functions(out);
    out.print(
        "\"resourceTable\":{{\"lib\":[],\"name\":[],\"host\":[],\"type\":[],\"length\":0}},\n"
        "\"nativeSymbols\":{{\"libIndex\":[],\"address\":[],\"name\":[],\"functionSize\":[],"
        "\"length\":0}},\n"
        "\"stringArray\":{}",
        strings_column_.json());
  }

 private:
  void write_frames(Output& out) {
    out.print(
        "\"frameTable\":{{\"address\":{},\"inlineDepth\":{},\"category\":{},\"subcategory\":{},"
        "\"func\":{},\"nativeSymbol\":{},\"innerWindowID\":{},\"implementation\":{},\"line\":{},"
        "\"column\":{},\"length\":{}}},\n",
        frame_minus_one_.json(), frame_zero_.json(), frame_category_.json(), frame_zero_.json(),
        frame_func_.json(), frame_null_.json(), frame_null_.json(), frame_null_.json(),
        frame_line_.json(), frame_null_.json(), frames_.size());
  }

  void write_functions(Output& out) {
    out.print(
        "\"funcTable\":{{\"isJS\":{},\"relevantForJS\":{},\"name\":{},\"resource\":{},\"fileName\":"
        "{},"
        "\"lineNumber\":{},\"columnNumber\":{},\"length\":{}}},\n",
        func_false_.json(), func_false_.json(), func_name_.json(), func_minus_one_.json(),
        func_file_.json(), func_null_.json(), func_null_.json(), functions_.size());
  }

  int64_t string_of(std::string_view bytes) {
    Interned interned = strings_.intern(bytes);
    if (interned.is_new) strings_column_.text(bytes);
    return interned.id;
  }

  int64_t function_of(const FrameRow& row) {
    StringId path = row.kind == FrameKind::cfunc ? 0 : row.path;
    auto [at, is_new] = functions_.try_emplace({row.method, row.label, path}, functions_.size());
    if (!is_new) return static_cast<int64_t>(at->second);
    func_name_.number(string_of(method_name(recording_, row)));
    path ? func_file_.number(string_of(recording_.text(path))) : func_file_.null();
    func_false_.truth(false);
    func_minus_one_.number(-1);
    func_null_.null();
    return static_cast<int64_t>(at->second);
  }

  int64_t frame_of(FrameId frame) {
    auto [at, is_new] = frames_.try_emplace(frame, frames_.size());
    if (!is_new) return static_cast<int64_t>(at->second);
    const FrameRow& row = recording_.frames[frame];
    frame_func_.number(function_of(row));
    frame_category_.number(static_cast<int64_t>(row.kind));
    row.line > 0 ? frame_line_.number(row.line) : frame_line_.null();
    frame_minus_one_.number(-1);
    frame_zero_.number(0);
    frame_null_.null();
    return static_cast<int64_t>(at->second);
  }

  // Callers first: a prefix must be in the table before what it is the prefix of.
  int64_t stack_of(StackId stack) {
    path_.clear();
    for (StackId s = stack; s; s = recording_.stacks[s].caller) path_.push_back(s);
    int64_t prefix = -1;
    for (size_t i = path_.size(); i-- > 0;) {
      Interned node = stacks_.intern(uint64_t{path_[i]});
      if (node.is_new) {
        FrameId frame = recording_.stacks[path_[i]].frame;
        stack_frame_.number(frame_of(frame));
        stack_category_.number(static_cast<int64_t>(recording_.frames[frame].kind));
        stack_subcategory_.number(0);
        prefix < 0 ? stack_prefix_.null() : stack_prefix_.number(prefix);
      }
      prefix = node.id;
    }
    return prefix;
  }

  const Recording& recording_;
  bool is_time_;
  TextTable strings_;
  InternTable<uint64_t, MixHash> stacks_;
  std::map<FrameId, size_t> frames_;
  std::map<std::tuple<StringId, StringId, StringId>, size_t> functions_;
  std::vector<StackId> path_;
  size_t sample_count_ = 0;
  Column sample_stack_, sample_time_, sample_weight_, strings_column_;
  Column stack_frame_, stack_category_, stack_subcategory_, stack_prefix_;
  Column frame_func_, frame_category_, frame_line_, frame_minus_one_, frame_zero_, frame_null_;
  Column func_name_, func_file_, func_false_, func_minus_one_, func_null_;
};

class FirefoxWriter {
 public:
  FirefoxWriter(const Report& report, Output& out)
      : report_(report), recording_(report.recording()), profile_(report.profile), out_(out) {}

  void write() {
    out_.text("{\"meta\":{");
    write_meta();
    out_.text("},\n\"libs\":[],\n\"pages\":[],\n\"counters\":[],\n\"threads\":[");
    bool is_first = true;
    for (const ThreadSummaryRow& row : summarize_threads(profile_, report_.options.event)) {
      out_.text(is_first ? "\n{" : ",\n{");
      write_thread(row.thread);
      out_.text("}");
      is_first = false;
    }
    out_.print("],\n\"redbee\":{}}}\n", losses_object(profile_));
  }

 private:
  double milliseconds(uint64_t time_ns) const {
    return static_cast<double>(static_cast<int64_t>(time_ns - recording_.header.start_ns)) / 1e6;
  }

  void write_meta() {
    const Header& header = recording_.header;
    double interval_ms = header.frequency_hz > 0 ? 1e3 / header.frequency_hz : 1;
    out_.print("\"interval\":{:.6f},\"startTime\":{:.3f},\"processType\":0,\"product\":",
               interval_ms, static_cast<double>(header.start_unix_ns) / 1e6);
    out_.json(header.processes.empty() ? "Ruby" : header.processes[0].command);
    out_.print(
        ",\"importedFrom\":\"rbperf {}\",\"version\":28,\"preprocessedProfileVersion\":47,"
        "\"symbolicated\":true,\"stackwalk\":1,\"debug\":false,\"gcpoison\":0,\"asyncstack\":0,"
        "\"usesOnlyOneStackType\":true,\"doesNotUseFrameImplementation\":true,"
        "\"sourceCodeIsNotOnSearchfox\":true,\"markerSchema\":[],"
        "\"sampleUnits\":{{\"time\":\"ms\",\"eventDelay\":\"ms\",\"threadCPUDelta\":\"ns\"}},"
        "\"categories\":[",
        REDBEE_VERSION);
    for (int i = 0; i < kFrameKinds; i++) {
      out_.print("{}{{\"name\":\"{}\",\"color\":\"{}\",\"subcategories\":[\"Other\"]}}",
                 i ? "," : "", kCategories[i].name, kCategories[i].colour);
    }
    out_.text("]");
  }

  void write_thread(uint32_t index) {
    const ProfileThread& thread = profile_.threads[index];
    bool is_main = thread.tid == thread.pid;
    out_.print(
        "\"processType\":\"default\",\"processStartupTime\":0,\"processShutdownTime\":null,"
        "\"registerTime\":0,\"unregisterTime\":null,\"pausedRanges\":[],\"isMainThread\":{},"
        "\"pid\":\"{}\",\"tid\":{},\"name\":",
        is_main, thread.pid, thread.tid);
    out_.json(thread.name.empty() ? cat("thread ", thread.tid) : thread.name);
    out_.text(",\n");
    ThreadTables tables(recording_, weight_type() == "tracing-ms");
    for (uint32_t i : profile_.samples) {
      const SampleRow& sample = recording_.samples[i];
      bool is_here =
          sample.event == report_.options.event && profile_.thread_of_row[sample.thread] == index;
      if (is_here) tables.add_sample(sample, milliseconds(sample.time_ns));
    }
    tables.write(weight_type(), out_);
  }

  std::string_view weight_type() const {
    Unit unit = profile_.event(report_.options.event).unit;
    if (unit == Unit::nanoseconds) return "tracing-ms";
    return unit == Unit::bytes ? "bytes" : "samples";
  }

  const Report& report_;
  const Recording& recording_;
  const Profile& profile_;
  Output& out_;
};

}  // namespace

void write_firefox(const Report& report, Output& out) {
  FirefoxWriter(report, out).write();
}

}  // namespace redbee::profiler
