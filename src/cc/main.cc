// redbee-cc: the command. Exit 0 when it did its job, 1 when it could not, 2 for wrong usage.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "redbee/version.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "src/cc/code_generator.h"
#include "src/cc/compile_image.h"
#include "src/cc/options.h"
#include "src/cc/type_check.h"

namespace redbee::cc {
namespace {

Result<std::string> read_text(const std::string& path) {
  if (path != "-") return read_file(path);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

Status write_output(const std::string& path, const std::string& bytes) {
  if (path == "-") return write_all(STDOUT_FILENO, bytes);
  return write_file_atomically(path, bytes);
}

// Whether the job was done.
Result<bool> run(const Options& options) {
  auto target = TRY(KernelTarget::open(options.kernel));
  if (options.check_types) return check_types(*target);
  UsdtBindings usdt;
  if (!options.usdt.empty()) usdt = TRY(parse_usdt_bindings(TRY(read_file(options.usdt))));
  std::optional<Image> image =
      TRY(compile_image(options, *target, usdt, TRY(read_text(options.source))));
  if (!image) return false;
  if (options.print_facts) TRY(write_all(STDOUT_FILENO, to_json(image->facts)));
  if (options.print_disassembly) TRY(write_all(STDOUT_FILENO, TRY(disassemble(image->bytes))));
  if (!options.output.empty()) TRY(write_output(options.output, image->bytes));
  return true;
}

int main(int count, char** values) {
  const Result<Options> options = parse_options({values + 1, values + count});
  if (!options) {
    std::cerr << "redbee-cc: " << options.error().message << "\n" << kUsage;
    return 2;
  }
  if (options->show_help) return std::cout << kUsage, 0;
  if (options->show_version)
    return std::cout << "redbee-cc " REDBEE_VERSION " (" REDBEE_COMMIT "), LLVM "
                     << REDBEE_LLVM_VERSION "\n",
           0;
  const Result<bool> done = run(*options);
  if (!done) {
    std::cerr << "redbee-cc: " << done.error().message << "\n";
    return 1;
  }
  return *done ? 0 : 1;
}

}  // namespace
}  // namespace redbee::cc

int main(int count, char** values) {
  const int status = redbee::cc::main(count, values);
  std::cout.flush();
  std::fflush(nullptr);
  _exit(status);  // freeing clang's trees one by one would cost more than some compiles
}
