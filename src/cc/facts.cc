#include "src/cc/facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "redbee/version.h"

namespace redbee::cc {
namespace {

using Json = nlohmann::ordered_json;

Json field_json(const TypeFacts::Field& field) {
  Json out = {{"name", field.name}, {"type", field.type}, {"offset", field.offset}};
  if (field.bits) {
    out["bit_offset"] = field.bit_offset;
    out["bits"] = field.bits;
  }
  return out;
}

Json type_json(const TypeFacts& type) {
  Json out = {{"kind", type.kind}};
  if (type.kind == "array") {
    out["element"] = type.element;
    out["count"] = type.count;
    out["size"] = type.size;
    return out;
  }
  out["name"] = type.name;
  out["size"] = type.size;
  if (type.kind == "int" || type.kind == "char" || type.kind == "enum")
    out["signed"] = type.is_signed;
  if (type.kind == "pointer") out["pointee"] = type.pointee;
  if (type.kind == "enum") {
    Json& values = out["values"] = Json::array();
    for (const auto& [name, value] : type.values) values.push_back({name, value});
  }
  if (type.kind == "struct" || type.kind == "union") {
    out["packed"] = type.is_packed;
    Json& fields = out["fields"] = Json::array();
    for (const TypeFacts::Field& field : type.fields) fields.push_back(field_json(field));
  }
  return out;
}

Json map_json(const MapFacts& map) {
  return {{"name", map.name},
          {"table", map.table},
          {"type", map.type},
          {"key", map.key},
          {"leaf", map.leaf},
          {"key_size", map.key_size},
          {"leaf_size", map.leaf_size},
          {"max_entries", map.max_entries},
          {"flags", map.flags},
          {"linkage", map.linkage},
          {"pinned", map.pinned},
          {"inner", map.inner},
          {"line", map.line}};
}

Json program_json(const ProgramFacts& program) {
  Json twins = Json::array(), usdt = Json::array();
  for (const TwinFacts& twin : program.twins) {
    Json item = {{"name", twin.name}, {"kind", twin.kind}};
    if (twin.arguments >= 0) item["arguments"] = twin.arguments;
    twins.push_back(std::move(item));
  }
  for (const UsdtFacts& variant : program.usdt)
    usdt.push_back({{"name", variant.name}, {"variant", variant.variant}});
  return {{"name", program.name},      {"section", program.section}, {"kind", program.kind},
          {"target", program.target},  {"line", program.line},       {"context", program.context},
          {"twins", std::move(twins)}, {"usdt", std::move(usdt)}};
}

template <typename T>
Json array_of(const std::vector<T>& items, Json (*convert)(const T&)) {
  Json out = Json::array();
  for (const T& item : items) out.push_back(convert(item));
  return out;
}

Json event_json(const EventFacts& event) {
  return {{"map", event.map}, {"type", event.type}};
}

Json tracepoint_json(const TracepointFacts& tracepoint) {
  return {{"name", tracepoint.name},
          {"format_hash", fmt::format("{:016x}", tracepoint.format_hash)}};
}

Json module_json(const ModuleFacts& module) {
  return {{"name", module.name}, {"btf_hash", fmt::format("{:016x}", module.btf_hash)}};
}

}  // namespace

std::string to_json(const Facts& facts) {
  Json out;
  out["version"] = 1;
  out["compiler"] = "redbee-cc " REDBEE_VERSION " LLVM " REDBEE_LLVM_VERSION;
  out["kernel"] = {{"release", facts.kernel_release}, {"build_id", facts.kernel_build_id}};
  out["license"] = facts.license;
  out["maps"] = array_of(facts.maps, map_json);
  out["programs"] = array_of(facts.programs, program_json);
  out["events"] = array_of(facts.events, event_json);
  out["types"] = array_of(facts.types, type_json);
  out["tracepoints"] = array_of(facts.tracepoints, tracepoint_json);
  out["modules"] = array_of(facts.modules, module_json);
  return out.dump(1) + "\n";
}

}  // namespace redbee::cc
