// USDT probes: trace points that authors put into programs, found in a file's ELF notes.
//
//   std::vector<UsdtProbe> probes = TRY(read_usdt_probes({.pid = pid}));
//   const UsdtProbe* probe = find_usdt_probe(probes, "ruby:method__entry");
//   source.usdt.push_back(bind_usdt(*probe, "on_entry"));
//   …  Link link = TRY(attach_usdt(object, "on_entry", *probe, {.pid = pid}));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"
#include "redbee/source.h"

namespace redbee {

struct UsdtLocation {
  uint64_t address = 0;            // virtual address in the file, prelink corrected
  uint64_t file_offset = 0;
  std::vector<std::string> arguments = {};   // normalised: docs/image.md
};

struct UsdtProbe {
  std::string provider = {};
  std::string name = {};
  std::string path = {};                // the file, as a path this process can open
  std::string display_path = {};        // the file, as the traced process sees it
  uint64_t semaphore_address = 0;  // virtual address in the file, 0: none
  uint64_t semaphore_offset = 0;   // in the file, 0: none
  std::vector<UsdtLocation> locations = {};
};

struct UsdtQuery {
  std::string path = {};                // a file, a short library name, a command
  int pid = -1;                    // with no path: every file the process has mapped
};
// not_found when the file or process does not exist; a file without probes gives none.
Result<std::vector<UsdtProbe>> read_usdt_probes(const UsdtQuery& query);

// `name`: "probe" or "provider:probe"; null when absent, the first when several providers have it.
const UsdtProbe* find_usdt_probe(const std::vector<UsdtProbe>& probes, std::string_view name);

// The argument variants of a probe, for Source::usdt.
UsdtBinding bind_usdt(const UsdtProbe& probe, std::string function);
// Which variant of that binding a location is.
size_t usdt_variant(const UsdtProbe& probe, const UsdtLocation& location);

}  // namespace redbee
