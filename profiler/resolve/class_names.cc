#include "profiler/resolve/class_names.h"

#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using enum LayoutField;

constexpr uint64_t kKlass = 8;               // RBasic.klass
constexpr size_t kMaxHiddenVariables = 4096;
constexpr uint64_t kSizeOfClass32 = 32;      // 3.2: the extension follows struct RClass
constexpr int kShapeVariables = 8;           // 3.2: how many instance variables to look at
constexpr size_t kMaxQualifiers = 1 << 16;
constexpr int kMaxDepth = 8;                 // of singleton classes of singleton classes

// Ruby 3.2 finds a class's hidden variables through the tree of shapes. The class path is among the
// first that are set, and nothing else there is a String of this form.
bool looks_like_class_path(std::string_view text) {
  if (text.starts_with("#<Class:") || text.starts_with("#<Module:")) return true;
  if (text.empty() || text[0] < 'A' || text[0] > 'Z') return false;
  for (char c : text)
    if (!(isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':' || (c & 0x80))) return false;
  return true;
}

// Once asked for, a temporary name stays: "#<Class:0x00007f…>", "#<Class:0x00007f…>::Nested".
std::string without_addresses(std::string name) {
  for (size_t at; (at = name.find(":0x")) != name.npos;) {
    const size_t end = name.find_first_not_of("0123456789abcdef", at + 3);
    name.erase(at, (end == name.npos ? name.size() : end) - at);
  }
  return name;
}

}  // namespace

bool ClassNames::is_class_or_module(uint64_t object) const {
  return objects_.is_type(object, ObjectType::klass) || objects_.is_type(object, ObjectType::module);
}

bool ClassNames::is_singleton(uint64_t klass) const {
  return objects_.is_type(klass, ObjectType::klass) &&
         (objects_.flags(klass).value_or(0) & static_cast<uint64_t>(layout_[class_singleton_flag]));
}

uint64_t ClassNames::real_class(uint64_t klass) const {
  for (int i = 0; i < kMaxDepth && (is_singleton(klass) || objects_.is_type(klass, ObjectType::iclass)); ++i)
    klass = memory_.pointer(klass + layout_[class_super]);
  return klass;
}

std::string ClassNames::qualifier(uint64_t owner) {
  const std::string qualifier = read_qualifier(owner);
  const auto known = qualifiers_.find(owner);
  // The class was moved by a compaction, or the process has ended.
  if (qualifier.empty()) return known == qualifiers_.end() ? "" : known->second;
  if (qualifiers_.size() > kMaxQualifiers) qualifiers_.clear();
  qualifiers_.insert_or_assign(owner, qualifier);
  return qualifier;
}

std::string ClassNames::read_qualifier(uint64_t owner) {
  if (objects_.is_type(owner, ObjectType::iclass)) owner = memory_.pointer(owner + kKlass);  // an included module
  if (!is_class_or_module(owner)) return {};
  if (!is_singleton(owner)) return inspect(owner) + "#";
  const std::optional<uint64_t> attached = attached_object(owner);
  return attached ? inspect(*attached) + "." : "";
}

std::string ClassNames::inspect(uint64_t object, int depth) {
  if (depth > kMaxDepth) return "…";
  if (is_class_or_module(object)) return inspect_module(object, depth);
  const auto class_path = path(real_class(memory_.pointer(object + kKlass)));
  return cat("#<", class_path.value_or("Object"), ">");
}

std::string ClassNames::inspect_module(uint64_t module, int depth) {
  if (is_singleton(module))
    if (const auto attached = attached_object(module)) return cat("#<Class:", inspect(*attached, depth + 1), ">");
  if (std::optional<std::string> name = path(module); name && !name->empty()) return without_addresses(std::move(*name));
  const bool is_module = objects_.is_type(module, ObjectType::module);
  if (is_module)
    if (const auto refinement = inspect_refinement(module, depth)) return *refinement;
  return is_module ? "#<Module>" : "#<Class>";
}

// "#<refinement:String@Foo>": the refined class and the module that refines it.
std::optional<std::string> ClassNames::inspect_refinement(uint64_t module, int depth) {
  std::optional<uint64_t> refined, refiner;
  if (layout_.has(classext_iv_table)) {
    refined = hidden_variable(module, "__refined_class__");
    refiner = hidden_variable(module, "__defined_at__");
  } else if (path(real_class(memory_.pointer(module + kKlass))) == "Refinement") {
    refined = variable_by_shape(module, 0);  // in the order in which Module#refine sets them
    refiner = variable_by_shape(module, 1);
  }
  if (!refined || !refiner || !is_class_or_module(*refined) || !is_class_or_module(*refiner)) return std::nullopt;
  return cat("#<refinement:", inspect(*refined, depth + 1), "@", inspect(*refiner, depth + 1), ">");
}

std::optional<std::string> ClassNames::path(uint64_t klass) {
  if (layout_.has(classext_classpath))
    return objects_.string(
        memory_.pointer(embedded_ext(klass) + layout_[classext_classpath]));
  if (!layout_.has(classext_iv_table)) return path_by_shape(klass);
  for (std::string_view variable : {"__classpath__", "__tmp_classpath__"})
    if (const auto value = hidden_variable(klass, variable))
      if (auto name = objects_.string(*value)) return name;
  return std::nullopt;
}

uint64_t ClassNames::embedded_ext(uint64_t klass) const {
  return klass + (layout_.has(class_ext) ? layout_[class_ext] : kSizeOfClass32);
}

std::optional<std::string> ClassNames::path_by_shape(uint64_t klass) const {
  const uint64_t variables = memory_.pointer(embedded_ext(klass));
  for (int i = 0; variables && i < kShapeVariables; ++i) {
    const auto text = objects_.string(memory_.pointer(variables + 8 * i));
    if (text && looks_like_class_path(*text)) return text;
  }
  return std::nullopt;
}

// From Ruby 3.2 on instance variables lie in the order in which they were first set.
std::optional<uint64_t> ClassNames::variable_by_shape(uint64_t klass, int index) const {
  const uint64_t value = memory_.pointer(memory_.pointer(embedded_ext(klass)) + 8 * index);
  return value ? std::optional(value) : std::nullopt;
}

std::optional<uint64_t> ClassNames::attached_object(uint64_t singleton) {
  if (layout_.has(classext_attached_object))
    return memory_.pointer(embedded_ext(singleton) + layout_[classext_attached_object]);
  if (layout_.has(classext_iv_table)) return hidden_variable(singleton, "__attached__");
  return variable_by_shape(singleton, 0);  // set when the singleton class is made
}

std::optional<uint64_t> ClassNames::hidden_variable(uint64_t klass, std::string_view name) {
  const uint64_t ext = memory_.pointer(klass + layout_[class_ext_pointer]);
  const uint64_t table = memory_.pointer(ext + layout_[classext_iv_table]);
  const auto known = ids_.find(std::string(name));
  for (const auto& [id, value] : objects_.table_entries(table, kMaxHiddenVariables)) {
    if (known != ids_.end()) {
      if (id == known->second) return value;
    } else if (symbols_.name(id) == name) {
      ids_.emplace(name, id);
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace redbee::profiler
