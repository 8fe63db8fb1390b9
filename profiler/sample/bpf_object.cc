#include "profiler/sample/bpf_object.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cassert>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "src/base/log.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

thread_local std::vector<std::string> libbpf_lines;

int keep_line(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[4096];
  vsnprintf(line, sizeof line, format, arguments);
  libbpf_lines.emplace_back(trim(line));
  return 0;
}

// EACCES with every capability in hand is the verifier's no.
tl::unexpected<Error> load_error(const std::string& name, int error) {
  tl::unexpected<Error> result = os_error(cat("load BPF object ", name), error);
  result.value().log = std::move(libbpf_lines);
  libbpf_lines.clear();
  if (error == EACCES && missing_capabilities().empty()) result.value().code = Errc::verifier_rejected;
  return result;
}

}  // namespace

void BpfObjectCloser::operator()(bpf_object* object) const { bpf_object__close(object); }
void BpfLinkCloser::operator()(bpf_link* link) const { bpf_link__destroy(link); }

Result<BpfObject> BpfObject::open(std::string name, std::span<const unsigned char> elf) {
  libbpf_set_print(keep_line);
  libbpf_lines.clear();
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name.c_str());
  bpf_object* object = bpf_object__open_mem(elf.data(), elf.size(), &options);
  if (!object) return load_error(name, errno);
  return BpfObject(std::move(name), object);
}

Status BpfObject::set_constant_bytes(std::string_view variable, const void* value, size_t size) {
  bpf_map* map = bpf_object__find_map_by_name(object_.get(), ".rodata");
  size_t bytes = 0;
  // libbpf 1.1 says const of what is there to be written before load.
  auto* data = map ? static_cast<char*>(const_cast<void*>(static_cast<const void*>(
                         bpf_map__initial_value(map, &bytes))))
                   : nullptr;
  const btf* types = bpf_object__btf(object_.get());
  const int section_id = types ? btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC) : -1;
  if (!data || section_id < 0) return fail(Errc::invalid_argument, cat(name_, " has no constants"));
  const btf_type* section = btf__type_by_id(types, section_id);
  for (int i = 0; i < btf_vlen(section); ++i) {
    const btf_var_secinfo& info = btf_var_secinfos(section)[i];
    const btf_type* type = btf__type_by_id(types, info.type);
    if (variable != btf__name_by_offset(types, type->name_off)) continue;
    assert(info.size == size && info.offset + size <= bytes);
    std::memcpy(data + info.offset, value, size);
    return {};
  }
  return fail(Errc::invalid_argument, cat(name_, " has no constant ", variable));
}

void BpfObject::keep_only(std::span<const std::string_view> programs) {
  bpf_program* program;
  bpf_object__for_each_program(program, object_.get()) {
    const bool is_wanted = std::ranges::find(programs, bpf_program__name(program)) != programs.end();
    bpf_program__set_autoload(program, is_wanted);
  }
}

Status BpfObject::load() {
  libbpf_lines.clear();
  const int result = bpf_object__load(object_.get());
  if (result) return load_error(name_, -result);
  return {};
}

bpf_program* BpfObject::program(std::string_view name) const {
  bpf_program* program = bpf_object__find_program_by_name(object_.get(), std::string(name).c_str());
  assert(program);
  return program;
}

bpf_map* BpfObject::map(std::string_view name) const {
  bpf_map* map = bpf_object__find_map_by_name(object_.get(), std::string(name).c_str());
  assert(map);
  return map;
}

int BpfObject::map_fd(std::string_view name) const { return bpf_map__fd(map(name)); }

uint64_t BpfObject::recursion_misses() const {
  uint64_t misses = 0;
  bpf_program* program;
  bpf_object__for_each_program(program, object_.get()) {
    const int fd = bpf_program__fd(program);
    bpf_prog_info info = {};
    __u32 size = sizeof info;
    if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0) misses += info.recursion_misses;
  }
  return misses;
}

}  // namespace redbee::profiler
