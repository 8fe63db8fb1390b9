// Facts from and to JSON, as docs/image.md lays it out. Unknown members are passed by, missing ones
// keep their defaults; a wrong shape is an error of the file, never an exception.
#include <nlohmann/json.hpp>

#include "redbee/image.h"
#include "src/base/text.h"

namespace redbee {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr int kMaxDepthOfTypes = 64;

// -- reading ------------------------------------------------------------------------------------

std::string text_of(const json& object, const char* key) {
  auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

template <typename T>
T number_of(const json& object, const char* key, T otherwise = 0) {
  auto it = object.find(key);
  if (it == object.end()) return otherwise;
  if (it->is_boolean()) return static_cast<T>(it->get<bool>());
  return it->is_number_integer() ? static_cast<T>(it->get<int64_t>()) : otherwise;
}

bool is_set(const json& object, const char* key) { return number_of<int>(object, key) != 0; }

// Calls fn for each object in the array `key`.
template <typename Fn>
void each_object(const json& object, const char* key, Fn fn) {
  auto it = object.find(key);
  if (it == object.end() || !it->is_array()) return;
  for (const json& item : *it) {
    if (item.is_object()) fn(item);
  }
}

MapFacts read_map(const json& j) {
  return {.name = text_of(j, "name"),
          .table = text_of(j, "table"),
          .type = number_of<uint32_t>(j, "type"),
          .key = number_of<int>(j, "key", -1),
          .leaf = number_of<int>(j, "leaf", -1),
          .key_size = number_of<uint32_t>(j, "key_size"),
          .leaf_size = number_of<uint32_t>(j, "leaf_size"),
          .max_entries = number_of<uint32_t>(j, "max_entries"),
          .flags = number_of<uint32_t>(j, "flags"),
          .linkage = text_of(j, "linkage"),
          .pinned = text_of(j, "pinned"),
          .inner = text_of(j, "inner"),
          .line = number_of<int>(j, "line")};
}

ProgramFacts read_program(const json& j) {
  ProgramFacts program{.name = text_of(j, "name"),
                       .section = text_of(j, "section"),
                       .kind = text_of(j, "kind"),
                       .target = text_of(j, "target"),
                       .context = text_of(j, "context"),
                       .line = number_of<int>(j, "line"),
                       .twins = {},
                       .usdt = {}};
  each_object(j, "twins", [&](const json& twin) {
    program.twins.push_back({text_of(twin, "name"), text_of(twin, "kind"), number_of<int>(twin, "arguments")});
  });
  each_object(j, "usdt", [&](const json& variant) {
    program.usdt.push_back({text_of(variant, "name"), number_of<int>(variant, "variant")});
  });
  return program;
}

struct KindName {
  TypeKind kind;
  const char* name;
};
constexpr KindName kKinds[] = {
    {TypeKind::integer, "int"},     {TypeKind::boolean, "bool"},     {TypeKind::character, "char"},
    {TypeKind::floating, "float"},  {TypeKind::enumeration, "enum"}, {TypeKind::pointer, "pointer"},
    {TypeKind::array, "array"},     {TypeKind::structure, "struct"}, {TypeKind::union_, "union"},
};

Field read_field(const json& j) {
  return {.name = text_of(j, "name"),
          .type = number_of<int>(j, "type", -1),
          .offset = number_of<uint32_t>(j, "offset"),
          .bit_offset = number_of<uint32_t>(j, "bit_offset"),
          .bits = number_of<uint32_t>(j, "bits")};
}

void read_enumerators(const json& j, Type& type) {
  auto it = j.find("values");
  if (it == j.end() || !it->is_array()) return;
  for (const json& pair : *it) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_number_integer()) continue;
    type.values.emplace_back(pair[0].get<std::string>(), pair[1].get<int64_t>());
  }
}

Type read_type(const json& j) {
  Type type{.name = text_of(j, "name"), .size = number_of<uint32_t>(j, "size"), .fields = {}, .values = {}};
  std::string kind = text_of(j, "kind");
  for (const KindName& known : kKinds) {
    if (kind == known.name) type.kind = known.kind;
  }
  type.is_signed = is_set(j, "signed");
  type.is_packed = is_set(j, "packed");
  type.element = number_of<int>(j, type.kind == TypeKind::pointer ? "pointee" : "element", -1);
  type.count = number_of<uint32_t>(j, "count");
  each_object(j, "fields", [&](const json& field) { type.fields.push_back(read_field(field)); });
  read_enumerators(j, type);
  return type;
}

// -- checking: what decode() relies on ------------------------------------------------------------

bool exists(const TypeTable& types, int index) { return index >= 0 && index < static_cast<int>(types.size()); }

// A type that holds itself would make decode() run for ever. Pointers are not followed.
bool ends(const TypeTable& types, int index, int depth) {
  if (!exists(types, index) || depth > kMaxDepthOfTypes) return false;
  const Type& type = types[static_cast<size_t>(index)];
  if (type.kind == TypeKind::array) return ends(types, type.element, depth + 1);
  for (const Field& field : type.fields) {
    if (!ends(types, field.type, depth + 1)) return false;
  }
  return true;
}

Status check(const Facts& facts) {
  for (size_t i = 0; i < facts.types.size(); i++) {
    if (!ends(facts.types, static_cast<int>(i), 0)) {
      return fail(Errc::invalid_argument, cat("facts: type ", i, " refers to a type that is not there, or to itself"));
    }
  }
  for (const MapFacts& map : facts.maps) {
    bool key_ok = map.key == -1 || exists(facts.types, map.key);
    bool leaf_ok = map.leaf == -1 || exists(facts.types, map.leaf);
    if (!key_ok || !leaf_ok) return fail(Errc::invalid_argument, cat("facts: map ", map.name, " has an unknown type"));
  }
  for (const EventFacts& event : facts.events) {
    if (!exists(facts.types, event.type)) {
      return fail(Errc::invalid_argument, cat("facts: event of ", event.map, " has an unknown type"));
    }
  }
  return {};
}

// -- writing ------------------------------------------------------------------------------------

json write_map(const MapFacts& map) {
  return {{"name", map.name},           {"table", map.table},       {"type", map.type},
          {"key", map.key},             {"leaf", map.leaf},         {"key_size", map.key_size},
          {"leaf_size", map.leaf_size}, {"max_entries", map.max_entries}, {"flags", map.flags},
          {"linkage", map.linkage},     {"pinned", map.pinned},     {"inner", map.inner},
          {"line", map.line}};
}

json write_program(const ProgramFacts& program) {
  json twins = json::array(), usdt = json::array();
  for (const TwinFacts& twin : program.twins) {
    twins.push_back({{"name", twin.name}, {"kind", twin.kind}});
    if (twin.arguments) twins.back()["arguments"] = twin.arguments;
  }
  for (const UsdtVariantFacts& v : program.usdt) usdt.push_back({{"name", v.name}, {"variant", v.variant}});
  return {{"name", program.name},       {"section", program.section}, {"kind", program.kind},
          {"target", program.target},   {"line", program.line},       {"context", program.context},
          {"twins", std::move(twins)},  {"usdt", std::move(usdt)}};
}

json write_field(const Field& field) {
  json j = {{"name", field.name}, {"type", field.type}, {"offset", field.offset}};
  if (field.bits) {
    j["bit_offset"] = field.bit_offset;
    j["bits"] = field.bits;
  }
  return j;
}

json write_type(const Type& type) {
  json j = {{"name", type.name}, {"size", type.size}};
  for (const KindName& known : kKinds) {
    if (type.kind == known.kind) j["kind"] = known.name;
  }
  switch (type.kind) {
    case TypeKind::integer:
    case TypeKind::character:
      j["signed"] = type.is_signed;
      break;
    case TypeKind::enumeration:
      j["signed"] = type.is_signed;
      j["values"] = json::array();
      for (const auto& [name, number] : type.values) j["values"].push_back({name, number});
      break;
    case TypeKind::pointer:
      j["pointee"] = type.element;
      break;
    case TypeKind::array:
      j["element"] = type.element;
      j["count"] = type.count;
      break;
    case TypeKind::structure:
    case TypeKind::union_:
      j["packed"] = type.is_packed;
      j["fields"] = json::array();
      for (const Field& field : type.fields) j["fields"].push_back(write_field(field));
      break;
    default:
      break;
  }
  return j;
}

template <typename T, typename Fn>
json write_list(const std::vector<T>& items, Fn write) {
  json list = json::array();
  for (const T& item : items) list.push_back(write(item));
  return list;
}

}  // namespace

Result<Facts> parse_facts(std::string_view text) {
  json j = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object()) return fail(Errc::invalid_argument, "facts: not a JSON object");
  Facts facts;
  facts.version = number_of<int>(j, "version");
  if (facts.version != kVersion) {
    return fail(Errc::invalid_argument,
                cat("facts: version ", facts.version, ", this library reads version ", kVersion, "; compile again"));
  }
  facts.compiler = text_of(j, "compiler");
  facts.license = text_of(j, "license");
  if (auto kernel = j.find("kernel"); kernel != j.end() && kernel->is_object()) {
    facts.kernel_release = text_of(*kernel, "release");
    facts.kernel_build_id = text_of(*kernel, "build_id");
  }
  each_object(j, "maps", [&](const json& map) { facts.maps.push_back(read_map(map)); });
  each_object(j, "programs", [&](const json& program) { facts.programs.push_back(read_program(program)); });
  each_object(j, "events", [&](const json& event) {
    facts.events.push_back({text_of(event, "map"), number_of<int>(event, "type", -1)});
  });
  each_object(j, "types", [&](const json& type) { facts.types.push_back(read_type(type)); });
  each_object(j, "tracepoints", [&](const json& tracepoint) {
    facts.tracepoints.push_back({text_of(tracepoint, "name"), text_of(tracepoint, "format_hash")});
  });
  each_object(j, "modules", [&](const json& module) {
    facts.modules.push_back({text_of(module, "name"), text_of(module, "btf_hash")});
  });
  TRY(check(facts));
  return facts;
}

std::string write_facts(const Facts& facts) {
  json j = {
      {"version", kVersion},
      {"compiler", facts.compiler},
      {"kernel", {{"release", facts.kernel_release}, {"build_id", facts.kernel_build_id}}},
      {"license", facts.license},
      {"maps", write_list(facts.maps, write_map)},
      {"programs", write_list(facts.programs, write_program)},
      {"events", write_list(facts.events, [](const EventFacts& e) { return json{{"map", e.map}, {"type", e.type}}; })},
      {"types", write_list(facts.types, write_type)},
      {"tracepoints", write_list(facts.tracepoints,
                                 [](const TracepointFacts& t) {
                                   return json{{"name", t.name}, {"format_hash", t.format_hash}};
                                 })},
      {"modules", write_list(facts.modules,
                             [](const ModuleFacts& m) {
                               return json{{"name", m.name}, {"btf_hash", m.btf_hash}};
                             })},
  };
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace redbee
