// rbperf info: what is found in a Ruby process, each fact with its source and what was checked.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "profiler/commands/cli.h"
#include "profiler/commands/command.h"
#include "profiler/commands/target.h"
#include "profiler/discover/ruby_process.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

struct InfoOptions {
  pid_t pid = 0;
  std::string format = "table";
  bool writes_offsets = false;
  InspectOptions inspect;
};

std::string_view location_name(rb_ec_location location) {
  switch (location) {
    case rb_ec_at_tls_offset: return "thread pointer + offset";
    case rb_ec_in_dtv: return "the thread's block of the library (dlopen)";
    case rb_ec_in_pthread_key: return "pthread key";
    case rb_ec_global: return "global pointer, of the thread that holds the lock";
    case rb_ec_nowhere: break;
  }
  return "unknown";
}

// One line of the report.
struct Fact {
  std::string name, value, source, checked;
};

std::vector<Fact> list_facts(const RubyProcess& ruby) {
  const Roots& roots = ruby.roots();
  const auto address = [](uint64_t value) { return value ? fmt::format("{:#x}", value) : "not found"; };
  const auto source = [](FactSource value) { return std::string(fact_source_name(value)); };
  std::vector<Fact> facts;
  const int64_t tls = roots.ec.tls_offset;
  const std::string place = roots.ec.location == rb_ec_at_tls_offset ? fmt::format("fs{}{:#x}", tls < 0 ? "-" : "+", std::abs(tls))
                            : roots.ec.location == rb_ec_in_pthread_key ? fmt::format("fs+{:#x}", roots.ec.pthread_slot)
                            : roots.ec.location == rb_ec_in_dtv ? fmt::format("module {} + {:#x}", roots.ec.tls_module, tls)
                                                                : address(roots.ec.global_ec);
  facts.push_back({"current execution context", place, source(roots.ec.source),
                   cat(location_name(roots.ec.location), "; ", roots.ec.how)});
  facts.push_back({"ruby_current_vm_ptr", address(roots.vm_pointer.address), source(roots.vm_pointer.source), roots.vm_pointer.how});
  facts.push_back({"rb_vm_t", address(ruby.vm()), "memory", ""});
  facts.push_back({"rb_objspace_t", address(ruby.objspace()), "memory", ""});
  facts.push_back({"ruby_global_symbols", address(roots.global_symbols.address), source(roots.global_symbols.source), roots.global_symbols.how});
  for (int i = 0; i < static_cast<int>(LayoutField::count); ++i) {
    const auto field = static_cast<LayoutField>(i);
    const LayoutValue& value = ruby.layout().at(field);
    if (value.is_known())
      facts.push_back({std::string(field_label(field)), cat(value.value), source(value.source), value.checked});
  }
  return facts;
}

void print_table(const RubyProcess& ruby) {
  const RubyBinary& binary = ruby.binary();
  fmt::print("process   {}{}\n", ruby.pid(),
             ruby.kernel_pid() == static_cast<uint32_t>(ruby.pid()) ? "" : cat(" (", ruby.kernel_pid(), " in the kernel)"));
  fmt::print("ruby      {}\n", binary.version.text());
  fmt::print("file      {}\n", binary.path);
  fmt::print("opened as {}\n", binary.image.name());
  fmt::print("build-id  {}\n", binary.image.build_id());
  fmt::print("loaded at {:#x}\n", binary.bias);
  for (const std::string& remark : ruby.remarks()) fmt::print("note      {}\n", remark);
  fmt::print("\n{:<28} {:>18}  {:<13} {}\n", "what", "value", "source", "checked");
  for (const Fact& fact : list_facts(ruby))
    fmt::print("{:<28} {:>18}  {:<13} {}\n", fact.name, fact.value, fact.source, fact.checked);
}

void print_json(const RubyProcess& ruby) {
  nlohmann::ordered_json out;
  out["pid"] = ruby.pid();
  out["kernel_pid"] = ruby.kernel_pid();
  out["ruby_version"] = ruby.binary().version.text();
  out["file"] = ruby.binary().path;
  out["build_id"] = ruby.binary().image.build_id();
  out["notes"] = ruby.remarks();
  for (const Fact& fact : list_facts(ruby))
    out["facts"].push_back({{"name", fact.name}, {"value", fact.value}, {"source", fact.source}, {"checked", fact.checked}});
  fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

// In the form that --ruby-offsets reads.
void print_offsets(const RubyProcess& ruby) {
  fmt::print("# Ruby {}, {}\n", ruby.binary().version.text(), ruby.binary().path);
  for (int i = 0; i < static_cast<int>(LayoutField::count); ++i) {
    const auto field = static_cast<LayoutField>(i);
    if (ruby.layout().has(field)) fmt::print("{}\t{}\n", field_label(field), ruby.layout()[field]);
  }
}

}  // namespace

int info_command(int argc, char** argv) {
  InfoOptions options;
  CLI::App app("Says what rbperf finds in a Ruby process, and how it knows.", "rbperf info");
  app.footer("examples:\n  rbperf info --pid 1234\n  rbperf info --pid 1234 --format json\n"
             "  rbperf info --pid 1234 --offsets > ruby.offsets   # for --ruby-offsets");
  app.add_option("-p,--pid", options.pid, "the process")->type_name("PID")->check(check_pid)->required();
  app.add_option("--format", options.format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.add_flag("--offsets", options.writes_offsets, "only the offsets, as a file for --ruby-offsets");
  app.add_option("--ruby-offsets", options.inspect.offsets_file, "file of memory offsets that override rbperf's own")->type_name("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "rbperf info: {}; see: rbperf info --help\n", error.what());
    return 2;
  }
  const Result<Target> target = open_target(options.pid, options.inspect);
  if (!target) {
    fmt::print(stderr, "rbperf: {}\n", target.error().message);
    return 1;
  }
  if (options.writes_offsets) print_offsets(target->ruby);
  else if (options.format == "json") print_json(target->ruby);
  else print_table(target->ruby);
  return 0;
}

}  // namespace redbee::profiler
