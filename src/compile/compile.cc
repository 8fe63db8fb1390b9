#include "redbee/compile.h"

#include <signal.h>

#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "src/base/log.h"
#include "src/base/text.h"
#include "src/compile/cache.h"
#include "src/compile/run_compiler.h"
#include "src/compile/sha256.h"
#include "src/kernel/identity.h"
#include "src/kernel/tracefs.h"

namespace redbee {
namespace {

constexpr uint64_t kCacheVersion = 1;   // raise when the key or the meaning of an Image changes

bool is_executable(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// The executable or shared library that this code is linked into, and the executable itself.
std::vector<std::string> own_directories() {
  std::vector<std::string> directories;
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&own_directories), &info) && info.dli_fname && strchr(info.dli_fname, '/')) {
    directories.push_back(directory_of(info.dli_fname));
  }
  char path[4096];
  ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
  if (n > 0) directories.push_back(directory_of(std::string(path, static_cast<size_t>(n))));
  return directories;
}

std::vector<std::string> compiler_candidates() {
  std::vector<std::string> candidates;
  for (const std::string& directory : own_directories()) {
    candidates.push_back(directory + "/redbee-cc");
    candidates.push_back(directory + "/../libexec/redbee/redbee-cc");
  }
  const char* path = getenv("PATH");
  for (std::string_view directory : split(path ? path : "/usr/bin:/bin", ':', false)) {
    candidates.push_back(cat(directory, "/redbee-cc"));
  }
  return candidates;
}

std::string usdt_json(const std::vector<UsdtBinding>& bindings) {
  if (bindings.empty()) return "";
  nlohmann::json probes = nlohmann::json::array();
  for (const UsdtBinding& binding : bindings) {
    probes.push_back({{"function", binding.function}, {"probe", binding.probe}, {"variants", binding.variants}});
  }
  return nlohmann::json{{"probes", std::move(probes)}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

CompilerCall call_for(const Source& source, const CompileOptions& options, std::string compiler) {
  CompilerCall call{.path = std::move(compiler),
                    .arguments = source.cflags,
                    .source_text = source.text,
                    .source_name = source.name,
                    .usdt_json = usdt_json(source.usdt)};
  if (!options.btf.empty()) call.arguments.insert(call.arguments.end(), {"--btf", options.btf});
  if (!options.release.empty()) call.arguments.insert(call.arguments.end(), {"--release", options.release});
  if (!options.tracefs.empty()) call.arguments.insert(call.arguments.end(), {"--tracefs", options.tracefs});
  return call;
}

// -- the key: everything the Image is a function of and that is known before it is compiled ---------

void add_file_identity(Sha256& hash, const std::string& path) {
  struct stat info{};
  stat(path.c_str(), &info);
  hash.add(path);
  for (auto number : {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec}) hash.add(static_cast<uint64_t>(number));
  hash.add(uint64_t{info.st_ino});
}

std::string cache_key(const Source& source, const CompilerCall& call, const CompileOptions& options) {
  Sha256 hash;
  hash.add(kCacheVersion);
  hash.add(source.text);
  hash.add(source.name);
  hash.add(call.arguments.size());
  for (const std::string& argument : call.arguments) hash.add(argument);
  hash.add(call.usdt_json);
  add_file_identity(hash, call.path);
  if (options.btf.empty()) {
    hash.add(kernel_build_id());
    hash.add(kernel_release());
    hash.add(btf_size());
  } else {
    add_file_identity(hash, options.btf);
  }
  return hash.hex_digest();
}

// What only the compiler finds out: the tracepoint formats and the modules' BTF that the text uses. They
// may change while the kernel runs, with its modules.
bool is_current(const Image& image, const CompileOptions& options) {
  for (const TracepointFacts& used : image.facts().tracepoints) {
    if (tracepoint_format_hash(used.name, options.tracefs) != used.format_hash) return false;
  }
  for (const ModuleFacts& used : image.facts().modules) {
    if (module_btf_hash(used.name, options.btf) != used.btf_hash) return false;
  }
  return true;
}

std::optional<Image> find_cached(const Cache& cache, const std::string& key, const CompileOptions& options) {
  auto bytes = cache.find(key);
  if (!bytes) return std::nullopt;
  auto image = Image::parse(std::move(*bytes));
  if (!image || !is_current(*image, options)) return std::nullopt;
  return std::move(*image);
}

std::optional<Cache> open_cache(const CompileOptions& options) {
  std::string directory = cache_directory(options.cache);
  if (directory.empty()) return std::nullopt;
  auto cache = Cache::open(directory, options.cache_limit_bytes);
  if (cache) return std::move(*cache);
  log(LogLevel::warn, cat("compiling without cache: ", cache.error().message));
  return std::nullopt;
}

// -- what the compiler said -----------------------------------------------------------------------

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::string_view line : split(text, '\n', false)) lines.emplace_back(line);
  return lines;
}

// The first error and the notes that belong to it, else the first line.
std::string first_error(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (line.find("error:") != std::string::npos) return line;
  }
  return lines.empty() ? "no reason given" : lines.front();
}

// Signals that somebody sent: Ctrl-C at a terminal reaches the compiler too, and the kernel kills where memory runs out.
bool was_ended_from_outside(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT || signal == SIGKILL;
}

tl::unexpected<Error> compiler_failed(const Source& source, const CompilerCall& call, const CompilerRun& run) {
  std::vector<std::string> lines = lines_of(run.diagnostics);
  std::string message;
  if (was_ended_from_outside(run.signal)) {
    message = cat("compile ", source.name, ": ", call.path, " was ended by a signal from outside (", strsignal(run.signal), ")");
  } else if (run.signal) {
    message = cat("compile ", source.name, ": ", call.path, " crashed (signal ", run.signal, ", ",
                  strsignal(run.signal), "); this is a fault of Redbee's compiler, not of the program");
  } else if (run.exit_status == 127) {
    message = cat("compile ", source.name, ": ", call.path, " could not be run: ", first_error(lines));
  } else {
    message = cat("compile ", source.name, ": ", first_error(lines));
  }
  return fail(Error{Errc::compile_failed, std::move(message), 0, std::move(lines)});
}

Result<Image> compile_fresh(const Source& source, const CompilerCall& call) {
  CompilerRun run = TRY(run_compiler(call));
  if (run.exit_status != 0) return compiler_failed(source, call, run);
  for (const std::string& line : lines_of(run.diagnostics)) log(LogLevel::warn, line);
  auto image = Image::parse(std::move(run.output));
  if (!image) return fail(std::move(image).error().with_context(cat("compile ", source.name, ": what ", call.path, " wrote")));
  return image;
}

}  // namespace

Result<std::string> find_compiler(const CompileOptions& options) {
  const char* variable = getenv("REDBEE_CC");
  std::string chosen = !options.compiler.empty() ? options.compiler : variable ? variable : "";
  if (!chosen.empty()) {
    if (is_executable(chosen)) return chosen;
    return fail(Errc::not_found, cat("no compiler: ", chosen, " is not an executable file (from ",
                                     options.compiler.empty() ? "REDBEE_CC" : "the compiler option", ")"));
  }
  std::vector<std::string> candidates = compiler_candidates();
  for (const std::string& candidate : candidates) {
    if (is_executable(candidate)) return candidate;
  }
  return fail(Errc::not_found, cat("no compiler: redbee-cc is not in ", fmt::format("{}", fmt::join(candidates, ", ")),
                                   "; set REDBEE_CC to its path"));
}

Result<Image> compile(const Source& source, const CompileOptions& options) {
  CompilerCall call = call_for(source, options, TRY(find_compiler(options)));
  std::optional<Cache> cache = open_cache(options);
  if (!cache) return compile_fresh(source, call);
  std::string key = cache_key(source, call, options);
  if (auto image = find_cached(*cache, key, options)) return std::move(*image);
  Image image = TRY(compile_fresh(source, call));
  Status stored = cache->store(key, image.bytes());
  if (!stored) log(LogLevel::warn, cat("compiled program not cached: ", stored.error().message));
  return image;
}

Result<std::string> describe(const Source& source, const std::string& flag, const CompileOptions& options) {
  CompilerCall call = call_for(source, options, TRY(find_compiler(options)));
  call.arguments.push_back(flag);
  call.wants_image = false;
  CompilerRun run = TRY(run_compiler(call));
  if (run.exit_status != 0) return compiler_failed(source, call, run);
  return std::move(run.output);
}

}  // namespace redbee
