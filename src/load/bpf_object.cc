#include "src/load/bpf_object.h"

#include <bpf/btf.h>

#include <cstring>

#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/load/libbpf_log.h"

namespace redbee {
namespace {

struct Variable {
  bpf_map* map;
  uint32_t offset;
  uint32_t size;
};

bpf_map* find_map_named(bpf_object* object, std::string_view name) {
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    if (map_name(map) == name) return map;
  }
  return nullptr;
}

// A global variable among the data sections that the object's BTF describes.
std::optional<Variable> find_variable(bpf_object* object, std::string_view name) {
  const btf* types = bpf_object__btf(object);
  if (!types) return std::nullopt;
  for (uint32_t id = 1; id < btf__type_cnt(types); id++) {
    const btf_type* section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section)) continue;
    const btf_var_secinfo* variables = btf_var_secinfos(section);
    for (int i = 0; i < btf_vlen(section); i++) {
      const btf_type* variable = btf__type_by_id(types, variables[i].type);
      if (name != btf__name_by_offset(types, variable->name_off)) continue;
      bpf_map* map = find_map_named(object, btf__name_by_offset(types, section->name_off));
      if (map) return Variable{map, variables[i].offset, variables[i].size};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<BpfObject> open_bpf_object(const std::string& bytes, const std::string& btf_path) {
  LibbpfMessages messages;
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "redbee", .relaxed_maps = true);
  if (!btf_path.empty()) options.btf_custom_path = btf_path.c_str();
  bpf_object* object = bpf_object__open_mem(bytes.data(), bytes.size(), &options);
  if (!object) {
    int error = errno;
    return os_error(cat("open BPF object: ", messages.last().empty() ? "not readable by libbpf" : messages.last()), error);
  }
  bpf_program* program;
  bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
  return BpfObject(object);
}

Result<bool> set_constant_if_present(bpf_object* object, const std::string& name, const std::string& value) {
  auto variable = find_variable(object, name);
  if (!variable) return false;
  size_t size = 0;
  auto* initial = static_cast<char*>(const_cast<void*>(bpf_map__initial_value(variable->map, &size)));
  if (!initial || variable->offset + variable->size > size || value.size() != variable->size) {
    return fail(Errc::invalid_argument, cat("constant ", name, " has ", variable->size, " bytes, not ", value.size()));
  }
  memcpy(initial + variable->offset, value.data(), value.size());
  return true;
}

Status set_constants(bpf_object* object, const std::vector<std::pair<std::string, std::string>>& constants) {
  for (const auto& [name, value] : constants) {
    if (TRY(set_constant_if_present(object, name, value))) continue;
    return fail(Errc::not_found, cat("the program has no global variable ", name));
  }
  return {};
}

bool is_constants_map(const bpf_map* map) { return map_name(map).starts_with(".rodata"); }

std::string map_name(const bpf_map* map) {
  std::string name = bpf_map__name(map);
  if (!bpf_map__is_internal(map)) return name;
  size_t dot = name.find('.');
  return dot == std::string::npos ? name : name.substr(dot);
}

}  // namespace redbee
