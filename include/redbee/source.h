// Source: what a user wrote, plain data. C text in the BCC dialect, its name for messages, flags,
// and for functions that handle USDT probes, how those probes pass their arguments.
//
//   Source source{.text = "BPF_HASH(counts); int f(void *ctx) { … }", .name = "counts.c"};
//   source.cflags.push_back("-DLIMIT=5");
//   Image image = TRY(compile(source));
#pragma once

#include <string>
#include <vector>

namespace redbee {

// Binds a function of the text to a USDT probe; made by bind_usdt() of usdt.h.
struct UsdtBinding {
  std::string function = {};   // the C function
  std::string probe = {};      // "provider:name"
  // Distinct argument descriptions of the probe's locations, in order of first appearance: one
  // program is compiled per variant. Notation of docs/image.md: "8@%rdi", "-4@-20(%rbp)".
  std::vector<std::vector<std::string>> variants = {};

  bool operator==(const UsdtBinding&) const = default;
};

struct Source {
  std::string text = {};
  std::string name = "program.c";    // shown in diagnostics; no such file need exist
  std::vector<std::string> cflags = {};   // -D…, -U…, -I…, as given to BCC
  std::vector<UsdtBinding> usdt = {};
};

}  // namespace redbee
