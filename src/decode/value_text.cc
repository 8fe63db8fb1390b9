// Values and types as people read them.
#include "redbee/value.h"
#include "src/base/text.h"

namespace redbee {
namespace {

struct ToText {
  std::string operator()(std::monostate) const { return "nothing"; }
  std::string operator()(uint64_t n) const { return cat(n); }
  std::string operator()(int64_t n) const { return cat(n); }
  std::string operator()(bool b) const { return b ? "true" : "false"; }
  std::string operator()(double d) const { return cat(d); }
  std::string operator()(const std::string& text) const { return cat('"', escape(text), '"'); }
  std::string operator()(const Enumerator& e) const { return e.name.empty() ? cat(e.number) : e.name; }
  std::string operator()(Address a) const { return fmt::format("{:#x}", a.value); }
  std::string operator()(const WideInteger& w) const { return fmt::format("{:#x}{:016x}", w.high, w.low); }

  std::string operator()(const std::vector<Value>& items) const {
    std::string text;
    for (const Value& item : items) text += (text.empty() ? "" : ", ") + item.to_text();
    return cat('[', text, ']');
  }

  std::string operator()(const Record& record) const {
    std::string text;
    for (const auto& [name, value] : record.fields) {
      if (!text.empty()) text += ", ";
      text += name.empty() ? value.to_text() : cat(name, ": ", value.to_text());
    }
    return cat('{', text, '}');
  }

  static std::string escape(const std::string& text) {
    std::string escaped;
    for (char c : text) {
      auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        escaped += '\\';
        escaped += c;
      } else if (byte < 0x20 || byte >= 0x7f) {
        escaped += fmt::format("\\x{:02x}", byte);
      } else {
        escaped += c;
      }
    }
    return escaped;
  }
};

}  // namespace

const Value* Record::find(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (field == name) return &value;
  }
  return nullptr;
}

bool Record::operator==(const Record&) const = default;

std::optional<uint64_t> Value::integer() const {
  if (auto* n = std::get_if<uint64_t>(&data)) return *n;
  if (auto* n = std::get_if<int64_t>(&data)) return static_cast<uint64_t>(*n);
  if (auto* b = std::get_if<bool>(&data)) return *b ? 1 : 0;
  if (auto* e = std::get_if<Enumerator>(&data)) return static_cast<uint64_t>(e->number);
  if (auto* a = std::get_if<Address>(&data)) return a->value;
  return std::nullopt;
}

std::string Value::to_text() const { return std::visit(ToText{}, data); }

std::string spell_type(const TypeTable& types, int index) {
  if (index < 0 || static_cast<size_t>(index) >= types.size()) return "void";
  const Type& type = types[static_cast<size_t>(index)];
  switch (type.kind) {
    case TypeKind::array:
      return cat(spell_type(types, type.element), "[", type.count, "]");
    case TypeKind::pointer: {
      // Not the pointee's own pointees: lists point to themselves.
      std::string pointee = type.element < 0 ? "void" : types[static_cast<size_t>(type.element)].name;
      return !type.name.empty() ? type.name : cat(pointee.empty() ? "void" : pointee, " *");
    }
    case TypeKind::structure:
      return cat("struct ", type.name.empty() ? "<anonymous>" : type.name);
    case TypeKind::union_:
      return cat("union ", type.name.empty() ? "<anonymous>" : type.name);
    default:
      return type.name;
  }
}

}  // namespace redbee
