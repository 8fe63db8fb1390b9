#include "profiler/resolve/class_names.h"

#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using enum LayoutField;

constexpr uint64_t kKlass = 8;               // RBasic.klass
constexpr size_t kMaxHiddenVariables = 4096;
constexpr uint64_t kSizeOfClass32 = 32;      // 3.2: the extension follows struct RClass
constexpr int kShapeVariables = 8;           // 3.2: how many instance variables to look at

// Ruby 3.2 finds a class's hidden variables through the tree of shapes. The class path is among the
// first that are set, and nothing else there is a String of this form.
bool looks_like_class_path(std::string_view text) {
  if (text.starts_with("#<Class:") || text.starts_with("#<Module:")) return true;
  if (text.empty() || text[0] < 'A' || text[0] > 'Z') return false;
  for (char c : text)
    if (!(isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':' || (c & 0x80))) return false;
  return true;
}

}  // namespace

std::string ClassNames::qualifier(uint64_t owner) {
  std::optional<uint64_t> flags = objects_.flags(owner);
  if (!flags) return {};
  if ((*flags & kTypeMask) == static_cast<uint64_t>(ObjectType::iclass)) {
    owner = memory_.pointer(owner + kKlass);  // an included module
    flags = objects_.flags(owner);
    if (!flags) return {};
  }
  const uint64_t type = *flags & kTypeMask;
  if (type == static_cast<uint64_t>(ObjectType::module)) return path_or_inspect(owner) + "#";
  if (type != static_cast<uint64_t>(ObjectType::klass)) return {};
  if (!(*flags & static_cast<uint64_t>(layout_[class_singleton_flag])))
    return path_or_inspect(owner) + "#";
  const std::optional<uint64_t> attached = attached_object(owner);
  if (!attached) return {};
  if (!objects_.is_type(*attached, ObjectType::klass) && !objects_.is_type(*attached, ObjectType::module))
    return {};
  return path_or_inspect(*attached) + ".";
}

std::string ClassNames::path_or_inspect(uint64_t klass) {
  if (std::optional<std::string> name = path(klass); name && !name->empty()) return *name;
  const bool is_module = objects_.is_type(klass, ObjectType::module);
  return fmt::format("#<{}:{:#018x}>", is_module ? "Module" : "Class", klass);
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

std::optional<uint64_t> ClassNames::attached_object(uint64_t singleton) {
  if (layout_.has(classext_attached_object))
    return memory_.pointer(embedded_ext(singleton) + layout_[classext_attached_object]);
  if (layout_.has(classext_iv_table)) return hidden_variable(singleton, "__attached__");
  const uint64_t variables = memory_.pointer(embedded_ext(singleton));
  for (int i = 0; variables && i < kShapeVariables; ++i) {
    const uint64_t value = memory_.pointer(variables + 8 * i);
    if (objects_.is_type(value, ObjectType::klass) || objects_.is_type(value, ObjectType::module))
      return value;
  }
  return std::nullopt;
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
