#include "src/cc/options.h"

#include <filesystem>

#include "src/base/text.h"

namespace redbee::cc {

const char kUsage[] =
    R"(usage: redbee-cc [-o FILE] [options] SOURCE.c

Compiles eBPF C as BCC's scripts write it into an Image: an object file with a
section of facts about its tables, programs and events. Types come from the kernel's
BTF, tracepoints from tracefs; kernel headers are not needed.

  -o FILE          write the Image to FILE ("-": standard output; default SOURCE.o)
  --facts          print the facts as JSON instead
  --disasm         print the instructions with their source lines instead
  --name NAME      what messages call the text when SOURCE is "-" (standard input)
  --btf FILE       compile for the kernel with this BTF (modules' BTF beside it)
  --tracefs DIR    take tracepoint formats from DIR/events
  --release R      the kernel release that --btf belongs to, such as 6.1.0-18-amd64
  --usdt FILE      USDT probes bound to functions (JSON, see docs/image.md)
  -DX -UX -IDIR -include FILE -isystem DIR -iquote DIR -w -WX
                   as for any C compiler; -OX -gX -fX -mX -std=X are taken and change nothing
  --help --version

Examples:
  redbee-cc -o tool.o tool.c
  redbee-cc --facts tool.c
  redbee-cc --btf vmlinux-6.1 --tracefs formats-6.1 --disasm - < tool.c
)";

namespace {

// "-Dx" and "-D x" alike.
bool is_preprocessor_option(const std::string& argument) {
  return argument.size() >= 2 && argument[0] == '-' &&
         (argument[1] == 'D' || argument[1] == 'U' || argument[1] == 'I');
}

bool takes_a_file(const std::string& argument) {
  return argument == "-include" || argument == "-isystem" || argument == "-iquote";
}

bool is_about_warnings(const std::string& argument) {
  return argument == "-w" || argument.starts_with("-W");
}

// What scripts give to BCC's clang and has no say here: BPF has one target and one way to optimise.
bool is_without_effect(const std::string& argument) {
  for (const char* prefix : {"-O", "-g", "-f", "-m", "-std="})
    if (argument.starts_with(prefix)) return true;
  return argument == "-pedantic" || argument == "-nostdinc";
}

void set_defaults(Options& options) {
  if (options.name.empty()) options.name = options.source == "-" ? "<stdin>" : options.source;
  const bool writes_nothing =
      options.print_facts || options.print_disassembly || options.check_types;
  if (options.output.empty() && !writes_nothing)
    options.output =
        options.source == "-"
            ? "-"
            : std::filesystem::path(options.source).filename().replace_extension(".o").string();
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  size_t at = 0;
  auto value = [&](const char* option) -> Result<std::string> {
    if (++at >= arguments.size())
      return fail(Errc::invalid_argument, cat(option, " needs a value"));
    return arguments[at];
  };
  struct Named {
    const char* option;
    std::string* target;
  };
  const Named named[] = {{"-o", &options.output},
                         {"--name", &options.name},
                         {"--btf", &options.kernel.btf},
                         {"--tracefs", &options.kernel.tracefs},
                         {"--release", &options.kernel.release},
                         {"--usdt", &options.usdt}};
  for (; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    bool is_known = false;
    for (const Named& each : named) {
      if (argument != each.option) continue;
      *each.target = TRY(value(each.option));
      is_known = true;
      break;
    }
    if (is_known) continue;
    if (argument == "--facts")
      options.print_facts = true;
    else if (argument == "--disasm")
      options.print_disassembly = true;
    else if (argument == "--self-check-types")
      options.check_types = true;
    else if (argument == "--help" || argument == "-h")
      options.show_help = true;
    else if (argument == "--version")
      options.show_version = true;
    else if (is_preprocessor_option(argument))
      options.preprocessor.push_back(
          argument.size() > 2 ? argument
                              : cat(argument, TRY(value(std::string(argument).c_str()))));
    else if (is_about_warnings(argument))
      options.preprocessor.push_back(argument);
    else if (takes_a_file(argument)) {
      options.preprocessor.push_back(argument);
      options.preprocessor.push_back(TRY(value(std::string(argument).c_str())));
    } else if (is_without_effect(argument))
      continue;
    else if (argument.size() > 1 && argument[0] == '-')
      return fail(Errc::invalid_argument, cat("unknown option ", argument));
    else if (!options.source.empty())
      return fail(Errc::invalid_argument, "more than one source");
    else
      options.source = argument;
  }
  const bool needs_source = !options.check_types && !options.show_help && !options.show_version;
  if (options.source.empty() && needs_source)
    return fail(Errc::invalid_argument, "no source given");
  set_defaults(options);
  return options;
}

}  // namespace redbee::cc
