#include <algorithm>
#include <bit>
#include <cstring>

#include "redbee/value.h"

namespace redbee {
namespace {

static_assert(std::endian::native == std::endian::little, "loads below are little-endian");

const Type& type_at(const TypeTable& types, int index) {
  static const Type kUnknown{};
  return index >= 0 && static_cast<size_t>(index) < types.size() ? types[static_cast<size_t>(index)] : kUnknown;
}

// Bytes [offset, offset + size), shorter or empty when they are not all there.
Bytes slice(Bytes bytes, size_t offset, size_t size) {
  if (offset >= bytes.size()) return {};
  return bytes.subspan(offset, std::min(size, bytes.size() - offset));
}

uint64_t load(Bytes bytes, size_t size) {
  uint64_t value = 0;
  if (!bytes.empty()) memcpy(&value, bytes.data(), std::min({bytes.size(), size, sizeof value}));
  return value;
}

uint64_t sign_extend(uint64_t value, unsigned bits) {
  if (bits == 0 || bits >= 64) return value;
  uint64_t sign = uint64_t{1} << (bits - 1);
  value &= (sign << 1) - 1;
  return (value ^ sign) - sign;
}

// An enum is signed when one of its constants is negative; C does not otherwise tell.
bool is_signed(const Type& type) {
  if (type.kind != TypeKind::enumeration) return type.is_signed;
  return type.is_signed || std::any_of(type.values.begin(), type.values.end(), [](const auto& v) { return v.second < 0; });
}

Value scalar(const Type& type, uint64_t bits) {
  switch (type.kind) {
    case TypeKind::boolean:
      return {bits != 0};
    case TypeKind::pointer:
      return {Address{bits}};
    case TypeKind::enumeration: {
      auto number = static_cast<int64_t>(bits);
      auto name = find_enumerator(type, number);
      return {Enumerator{number, name ? std::string(*name) : std::string()}};
    }
    default:
      if (is_signed(type)) return {static_cast<int64_t>(bits)};
      return {bits};
  }
}

Value decode_array(const TypeTable& types, int index, const Type& type, Bytes bytes) {
  if (is_text(types, index)) return {std::string(read_text(slice(bytes, 0, type.size)))};
  std::vector<Value> items;
  size_t step = type_at(types, type.element).size;
  items.reserve(type.count);
  for (size_t i = 0; i < type.count; i++) items.push_back(decode(types, type.element, slice(bytes, i * step, step)));
  return {std::move(items)};
}

Value decode_record(const TypeTable& types, const Type& type, Bytes bytes) {
  Record record;
  record.fields.reserve(type.fields.size());
  for (const Field& field : type.fields) {
    const Type& inner = type_at(types, field.type);
    Value value = field.bits ? scalar(inner, read_integer(types, field, bytes))
                             : decode(types, field.type, slice(bytes, field.offset, inner.size));
    record.fields.emplace_back(field.name, std::move(value));
  }
  return {std::move(record)};
}

}  // namespace

uint64_t read_integer(const Type& type, Bytes bytes) {
  unsigned size = std::min<unsigned>(type.size, 8);
  uint64_t value = load(bytes, size);
  return is_signed(type) ? sign_extend(value, 8 * size) : value;
}

uint64_t read_integer(const TypeTable& types, const Field& field, Bytes bytes) {
  const Type& type = type_at(types, field.type);
  if (!field.bits) return read_integer(type, slice(bytes, field.offset, type.size));
  // The bits may start anywhere in a unit of up to 8 bytes, and in a packed struct end in the ninth.
  size_t first_byte = field.offset + field.bit_offset / 8;
  unsigned shift = field.bit_offset % 8, bits = std::min<uint32_t>(field.bits, 64);
  uint64_t value = load(slice(bytes, first_byte, 8), 8) >> shift;
  if (shift + bits > 64) value |= load(slice(bytes, first_byte + 8, 1), 1) << (64 - shift);
  if (bits < 64) value &= (uint64_t{1} << bits) - 1;
  return is_signed(type) ? sign_extend(value, bits) : value;
}

std::string_view read_text(Bytes bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.find('\0'));
}

double read_floating(const Type& type, Bytes bytes) {
  if (type.size == 4) return std::bit_cast<float>(static_cast<uint32_t>(load(bytes, 4)));
  return std::bit_cast<double>(load(bytes, 8));
}

bool is_text(const TypeTable& types, int index) {
  const Type& type = type_at(types, index);
  return type.kind == TypeKind::array && type_at(types, type.element).kind == TypeKind::character;
}

std::optional<std::string_view> find_enumerator(const Type& type, int64_t number) {
  for (const auto& [name, value] : type.values) {
    if (value == number) return std::string_view(name);
  }
  return std::nullopt;
}

Value decode(const TypeTable& types, int index, Bytes bytes) {
  if (index < 0 || static_cast<size_t>(index) >= types.size()) return {};
  const Type& type = type_at(types, index);
  switch (type.kind) {
    case TypeKind::array:
      return decode_array(types, index, type, bytes);
    case TypeKind::structure:
    case TypeKind::union_:
      return decode_record(types, type, bytes);
    case TypeKind::floating:
      return {read_floating(type, bytes)};
    case TypeKind::integer:
      if (type.size == 16) return {WideInteger{load(bytes, 8), load(slice(bytes, 8, 8), 8), type.is_signed}};
      [[fallthrough]];
    default:
      return scalar(type, read_integer(type, bytes));
  }
}

std::vector<Value> decode_per_cpu(const TypeTable& types, int index, Bytes bytes, size_t cpus) {
  std::vector<Value> values;
  size_t size = type_at(types, index).size, step = (size + 7) & ~size_t{7};
  values.reserve(cpus);
  for (size_t cpu = 0; cpu < cpus; cpu++) values.push_back(decode(types, index, slice(bytes, cpu * step, size)));
  return values;
}

}  // namespace redbee
