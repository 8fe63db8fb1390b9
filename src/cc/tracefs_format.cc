#include "src/cc/tracefs_format.h"

#include "src/base/text.h"

namespace redbee::cc {
namespace {

constexpr std::string_view kDynamic = "__data_loc ", kRelative = "__rel_loc ";

// The number after "offset:" and the like in "field:…; offset:8; size:4; signed:1;".
std::optional<uint64_t> attribute(const std::vector<std::string_view>& pieces,
                                  std::string_view key) {
  for (std::string_view piece : pieces)
    if (piece = trim(piece); piece.starts_with(key)) return parse_u64(piece.substr(key.size()));
  return std::nullopt;
}

bool is_name_character(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// "const char * filename" into type and name; "char comm[16]" is an array; a dynamic field is
// written "__data_loc char[] name" and is read as an int that holds where the bytes are.
FormatField parse_declaration(std::string_view declaration) {
  FormatField field;
  const bool is_dynamic = declaration.starts_with(kDynamic);
  const bool is_relative = declaration.starts_with(kRelative);
  if (!is_dynamic && !is_relative) {
    if (const size_t bracket = declaration.find('['); bracket != declaration.npos) {
      field.is_array = true;
      declaration = trim(declaration.substr(0, bracket));
    }
  }
  size_t start = declaration.size();
  while (start > 0 && is_name_character(declaration[start - 1])) --start;
  field.name = declaration.substr(start);
  field.type = trim(declaration.substr(0, start));
  if (is_dynamic || is_relative) {
    field.name = cat(is_dynamic ? "data_loc_" : "rel_loc_", field.name);
    field.type = "int";
  }
  return field;
}

}  // namespace

Result<std::vector<FormatField>> parse_format(std::string_view text) {
  if (text.find("field:") == text.npos)
    return fail(Errc::invalid_argument, "tracepoint format: no fields");
  std::vector<FormatField> fields;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (!line.starts_with("field:")) continue;
    const std::vector<std::string_view> pieces = split(line, ';');
    FormatField field = parse_declaration(trim(pieces[0].substr(6)));
    const auto offset = attribute(pieces, "offset:"), size = attribute(pieces, "size:");
    if (field.name.empty() || !offset || !size)
      return fail(Errc::invalid_argument, cat("tracepoint format: cannot read \"", line, "\""));
    if (field.name.starts_with("common_")) continue;
    field.offset = static_cast<uint32_t>(*offset);
    field.size = static_cast<uint32_t>(*size);
    field.is_signed = attribute(pieces, "signed:").value_or(0) != 0;
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace redbee::cc
