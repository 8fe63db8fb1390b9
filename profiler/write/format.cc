#include "profiler/write/format.h"

namespace redbee::profiler {

namespace {

constexpr bool kBinary = true, kOneEvent = true;

constexpr Format kFormats[] = {
    {"table", "self and total by method, line and thread", !kBinary, !kOneEvent, write_summary},
    {"tree", "the call tree, as text", !kBinary, kOneEvent, write_tree},
    {"source", "source files with self and total at each line", !kBinary, kOneEvent, write_source},
    {"html", "flame graph, one self-contained page", !kBinary, !kOneEvent, write_html},
    {"folded", "a line a stack, for flamegraph.pl and others", !kBinary, kOneEvent, write_folded},
    {"pprof", "for `go tool pprof` and Pyroscope (gzip)", kBinary, !kOneEvent, write_pprof},
    {"speedscope", "for speedscope", !kBinary, !kOneEvent, write_speedscope},
    {"firefox", "for the Firefox profiler", !kBinary, kOneEvent, write_firefox},
    {"callgrind", "for callgrind_annotate and KCachegrind", !kBinary, !kOneEvent, write_callgrind},
    {"cpuprofile", "for Chrome DevTools and VS Code", !kBinary, kOneEvent, write_cpuprofile},
    {"samples", "every sample, loss-free, a JSON object a line", !kBinary, !kOneEvent,
     write_samples},
    {"json", "the tables as one JSON object", !kBinary, !kOneEvent, write_json},
    {"ndjson", "the methods, a JSON object a line", !kBinary, !kOneEvent, write_ndjson},
    {"csv", "the methods as CSV", !kBinary, !kOneEvent, write_csv},
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

const Format* find_format(std::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace redbee::profiler
