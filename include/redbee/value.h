// Types as the compiler recorded them, and bytes decoded by them into Values.
//
// A TypeTable is the `types` array of an Image: types refer to each other by index. Decoding is
// pure; it reads only inside the given bytes and treats what is missing at the end as zero.
//
//   const MapFacts& facts = *image.facts().find_map("counts");
//   Value key = decode(image.facts().types, facts.key, key_bytes);
//   if (const Record* record = key.record()) print(record->find("pid")->to_text());
//
// A binding that makes objects of its own (Ruby) may skip Value: walk Type::fields and take each
// scalar with read_integer()/read_text().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace redbee {

using Bytes = std::span<const std::byte>;

enum class TypeKind { integer, boolean, character, floating, enumeration, pointer, array, structure, union_ };

// One member of a struct or union.
struct Field {
  std::string name = {};            // empty for an anonymous struct or union member
  int type = -1;               // index into the TypeTable
  uint32_t offset = 0;         // bytes; for a bit-field that of its storage unit
  uint32_t bit_offset = 0;     // bits from `offset`, least significant first
  uint32_t bits = 0;           // 0: not a bit-field
};

struct Type {
  TypeKind kind = TypeKind::integer;
  std::string name = {};            // as the user wrote it: "u32", "pid_t", "data_t" (no "struct ")
  uint32_t size = 0;           // bytes
  bool is_signed = false;
  bool is_packed = false;      // structure, union_
  int element = -1;            // array: element type; pointer: pointee (-1 unknown)
  uint32_t count = 0;          // array: number of elements
  std::vector<Field> fields = {};   // structure, union_
  std::vector<std::pair<std::string, int64_t>> values = {};   // enumeration
};

using TypeTable = std::vector<Type>;

// -- scalars ------------------------------------------------------------------------------------

// The bits of an integer, bool, char, enum or pointer at the start of `bytes`, sign-extended to 64
// when the type is signed. Sizes above 8 give the low 8 bytes.
uint64_t read_integer(const Type& type, Bytes bytes);
// The same for a member, bit-fields included; `bytes` are those of the whole struct.
uint64_t read_integer(const TypeTable& types, const Field& field, Bytes bytes);
// A char array up to its first NUL, or all of it. Not necessarily UTF-8.
std::string_view read_text(Bytes bytes);
// 4 bytes float, 8 double.
double read_floating(const Type& type, Bytes bytes);
// "char[16]" counts as text; "u8[16]" does not.
bool is_text(const TypeTable& types, int type);
// "FOO" for 3 when the enumeration has it; of several names the first.
std::optional<std::string_view> find_enumerator(const Type& type, int64_t number);
// C spelling for messages: "struct data_t", "u32[4]", "char *".
std::string spell_type(const TypeTable& types, int type);

// -- values -------------------------------------------------------------------------------------

struct Value;

struct Record {   // struct or union: fields in order of declaration
  std::vector<std::pair<std::string, Value>> fields = {};
  const Value* find(std::string_view name) const;
  bool operator==(const Record&) const;
};
struct Enumerator {
  int64_t number = 0;
  std::string name = {};   // empty when the number has no name
  bool operator==(const Enumerator&) const = default;
};
struct Address {
  uint64_t value = 0;
  bool operator==(const Address&) const = default;
};
struct WideInteger {   // __int128
  uint64_t low = 0;
  uint64_t high = 0;
  bool is_signed = false;
  bool operator==(const WideInteger&) const = default;
};

struct Value {
  std::variant<std::monostate, uint64_t, int64_t, bool, double, std::string, Enumerator, Address,
               WideInteger, std::vector<Value>, Record>
      data;

  const Record* record() const { return std::get_if<Record>(&data); }
  const std::vector<Value>* list() const { return std::get_if<std::vector<Value>>(&data); }
  const std::string* text() const { return std::get_if<std::string>(&data); }
  // Integers, bools, enumerators and addresses; negative ones as two's complement.
  std::optional<uint64_t> integer() const;
  // For people: 42, "name", {pid: 3, comm: "ls"}, [1, 2], 0xffff…, FOO.
  std::string to_text() const;

  bool operator==(const Value&) const = default;
};

// A char array is text, any other array a list, an anonymous struct's fields stay nested under "".
Value decode(const TypeTable& types, int type, Bytes bytes);
// A per-CPU value as Map returns it: `cpus` slots, each rounded up to 8 bytes.
std::vector<Value> decode_per_cpu(const TypeTable& types, int type, Bytes bytes, size_t cpus);

}  // namespace redbee
