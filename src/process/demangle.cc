#include <cxxabi.h>

#include <cstdlib>
#include <memory>

#include "redbee/symbols.h"

namespace redbee {
namespace {

// Rust's legacy mangling is C++'s with a last component "h" and 16 hex digits.
void drop_rust_hash(std::string& name) {
  constexpr size_t kHashBytes = 19;   // "::h" and 16 digits
  if (name.size() <= kHashBytes) return;
  std::string_view tail = std::string_view(name).substr(name.size() - kHashBytes);
  if (tail.starts_with("::h") && tail.find_first_not_of("0123456789abcdef", 3) == tail.npos) {
    name.resize(name.size() - kHashBytes);
  }
}

}  // namespace

std::string demangle(const std::string& name) {
  if (!name.starts_with("_Z")) return name;
  int status = 0;
  std::unique_ptr<char, decltype(&free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), free);
  if (status != 0 || !text) return name;
  std::string demangled = text.get();
  drop_rust_hash(demangled);
  return demangled;
}

}  // namespace redbee
