#include "src/kernel/btf.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstring>

#include "src/base/file.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {
namespace {

constexpr uint16_t kMagic = 0xeb9f;
constexpr uint32_t kTypeLimit = 1u << 24;

// Bytes after the common 12 of a type of this kind; nullopt for a kind this code does not know.
std::optional<size_t> extra_size(const btf_type& type) {
  const size_t length = Btf::length(&type);
  switch (Btf::kind(&type)) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return 4;
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_DATASEC:
    case BTF_KIND_ENUM64:
      return 12 * length;
    case BTF_KIND_ENUM:
    case BTF_KIND_FUNC_PROTO:
      return 8 * length;
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return 0;
    default:
      return std::nullopt;
  }
}

uint32_t hash_of(std::string_view name) {
  uint32_t hash = 2166136261u;
  for (unsigned char c : name) hash = (hash ^ c) * 16777619u;
  return hash ? hash : 1;
}

template <typename T>
const T* after(const btf_type* type) {
  return reinterpret_cast<const T*>(type + 1);
}

}  // namespace

struct Btf::Mapping {
  std::string owned;
  void* address = nullptr;
  size_t size = 0;
  ~Mapping() {
    if (address) ::munmap(address, size);
  }
};

Btf::Btf() : mapping_(std::make_unique<Mapping>()) {}
Btf::Btf(Btf&&) noexcept = default;
Btf& Btf::operator=(Btf&&) noexcept = default;
Btf::~Btf() = default;

// /sys/kernel/btf/vmlinux can be mapped since Linux 6.16, which saves a copy of 5 MB; other files
// of sysfs refuse and are read.
Result<Btf> Btf::open(const std::string& path, const Btf* base) {
  UniqueFd fd = TRY(open_file(path, O_RDONLY));
  struct stat status;
  if (::fstat(fd.get(), &status) == 0 && status.st_size > 0) {
    const size_t size = static_cast<size_t>(status.st_size);
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (address != MAP_FAILED) {
      Btf btf;
      btf.mapping_->address = address;
      btf.mapping_->size = size;
      btf.bytes_ = {static_cast<const char*>(address), size};
      btf.base_ = base;
      if (Status found = btf.find_types(); !found)
        return fail(std::move(found).error().with_context(path));
      return btf;
    }
  }
  Result<Btf> btf = parse(TRY(read_file(path)), base);
  if (!btf) return fail(std::move(btf).error().with_context(path));
  return btf;
}

Result<Btf> Btf::parse(std::string bytes, const Btf* base) {
  Btf btf;
  btf.mapping_->owned = std::move(bytes);
  btf.bytes_ = btf.mapping_->owned;
  btf.base_ = base;
  TRY(btf.find_types());
  return btf;
}

Status Btf::check_header() {
  btf_header header;
  if (bytes_.size() < sizeof header) return fail(Errc::invalid_argument, "BTF: too short");
  std::memcpy(&header, bytes_.data(), sizeof header);
  if (header.magic != kMagic || header.version != 1)
    return fail(Errc::invalid_argument, "BTF: not a little-endian BTF blob of version 1");
  auto section = [&](uint64_t offset, uint64_t length) -> std::optional<std::string_view> {
    if (header.hdr_len + offset + length > bytes_.size()) return std::nullopt;
    return bytes_.substr(header.hdr_len + offset, length);
  };
  auto types = section(header.type_off, header.type_len);
  auto strings = section(header.str_off, header.str_len);
  if (!types || !strings || header.type_off % 4 || header.hdr_len % 4)
    return fail(Errc::invalid_argument, "BTF: sections lie outside the blob");
  if (!strings->empty() && strings->back() != '\0')
    return fail(Errc::invalid_argument, "BTF: the string section has no end");
  types_ = *types;
  strings_ = *strings;
  return {};
}

Status Btf::find_types() {
  TRY(check_header());
  if (base_) {
    first_id_ = base_->end_id();
    first_string_ = base_->first_string_ + static_cast<uint32_t>(base_->strings_.size());
  }
  starts_.reserve(types_.size() / 20);
  for (size_t offset = 0; offset < types_.size();) {
    if (types_.size() - offset < sizeof(btf_type))
      return fail(Errc::invalid_argument, cat("BTF: type ", end_id(), " is cut off"));
    const auto* type = reinterpret_cast<const btf_type*>(types_.data() + offset);
    const std::optional<size_t> extra = extra_size(*type);
    if (!extra)
      return fail(Errc::not_supported,
                  cat("BTF: type ", end_id(), " is of unknown kind ", kind(type)));
    if (types_.size() - offset - sizeof(btf_type) < *extra)
      return fail(Errc::invalid_argument, cat("BTF: type ", end_id(), " is cut off"));
    if (starts_.size() >= kTypeLimit) return fail(Errc::invalid_argument, "BTF: too many types");
    starts_.push_back(static_cast<uint32_t>(offset));
    offset += sizeof(btf_type) + *extra;
  }
  return {};
}

const btf_type* Btf::own_type(uint32_t index) const {
  return reinterpret_cast<const btf_type*>(types_.data() + starts_[index]);
}

const btf_type* Btf::type(uint32_t id) const {
  if (id < first_id_) return base_ ? base_->type(id) : nullptr;
  return id - first_id_ < starts_.size() ? own_type(id - first_id_) : nullptr;
}

const char* Btf::string(uint32_t offset) const {
  if (offset < first_string_) return base_->string(offset);
  offset -= first_string_;
  return offset < strings_.size() ? strings_.data() + offset : "";
}

std::string_view Btf::name(uint32_t id) const {
  const btf_type* found = type(id);
  return found ? name(found) : "";
}

uint32_t Btf::int_encoding(const btf_type* type) {
  return (*after<uint32_t>(type) >> 24) & 0xf;
}

std::span<const btf_member> Btf::members(const btf_type* record) {
  return {after<btf_member>(record), length(record)};
}

std::span<const btf_param> Btf::params(const btf_type* prototype) {
  return {after<btf_param>(prototype), length(prototype)};
}

const btf_array& Btf::array(const btf_type* type) {
  return *after<btf_array>(type);
}

uint32_t Btf::member_bit_offset(const btf_type* record, const btf_member& member) {
  return kind_flag(record) ? member.offset & 0xffffff : member.offset;
}

uint32_t Btf::member_bit_size(const btf_type* record, const btf_member& member) {
  return kind_flag(record) ? member.offset >> 24 : 0;
}

Btf::Enumerator Btf::enumerator(uint32_t enum_id, uint32_t index) const {
  const btf_type* type = this->type(enum_id);
  if (kind(type) == BTF_KIND_ENUM64) {
    const btf_enum64& item = after<btf_enum64>(type)[index];
    return {enum_id, string(item.name_off),
            static_cast<int64_t>(uint64_t{item.val_hi32} << 32 | item.val_lo32)};
  }
  const struct btf_enum& item = after<struct btf_enum>(type)[index];
  // Before kernels had kind_flag on enums all values were written as signed.
  return {enum_id, string(item.name_off), item.val};
}

// --- indexes by name ---------------------------------------------------------------------------

std::string_view Btf::slot_name(const NameIndex::Slot& slot) const {
  const btf_type* type = own_type(slot.id - first_id_);
  const uint32_t kind = Btf::kind(type);
  // Only the enumerator index holds items; its slots count from 1.
  if (slot.item == 0 || (kind != BTF_KIND_ENUM && kind != BTF_KIND_ENUM64)) return name(type);
  return enumerator(slot.id, slot.item - 1).name;
}

void Btf::reserve(NameIndex& index, size_t names) const {
  size_t capacity = 16;
  while (capacity < names * 2) capacity *= 2;
  index.slots.assign(capacity, {});
}

void Btf::insert(NameIndex& index, uint32_t id, uint32_t item) const {
  const NameIndex::Slot added{0, id, item};
  const std::string_view name = slot_name(added);
  const uint32_t hash = hash_of(name);
  const size_t mask = index.slots.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    NameIndex::Slot& slot = index.slots[at];
    if (slot.id == 0) {
      slot = {hash, id, item};
      return;
    }
    if (slot.hash == hash && slot_name(slot) == name) return;
  }
}

std::optional<Btf::NameIndex::Slot> Btf::find_in(NameIndex& index,
                                                 void (Btf::*build)(NameIndex&) const,
                                                 std::string_view name) const {
  if (!index.is_built) {
    (this->*build)(index);
    index.is_built = true;
  }
  if (index.slots.empty() || name.empty()) return std::nullopt;
  const uint32_t hash = hash_of(name);
  const size_t mask = index.slots.size() - 1;
  for (size_t at = hash & mask; index.slots[at].id != 0; at = (at + 1) & mask)
    if (index.slots[at].hash == hash && slot_name(index.slots[at]) == name) return index.slots[at];
  return std::nullopt;
}

void Btf::build_tags(NameIndex& index) const {
  auto is_named_tag = [](const btf_type* type) {
    const uint32_t kind = Btf::kind(type);
    return type->name_off && (is_record(type) || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64);
  };
  size_t count = 0;
  for (uint32_t i = 0; i < starts_.size(); ++i) count += is_named_tag(own_type(i));
  reserve(index, count);
  for (uint32_t i = 0; i < starts_.size(); ++i)
    if (is_named_tag(own_type(i))) insert(index, first_id_ + i, 0);
}

void Btf::build_typedefs(NameIndex& index) const {
  size_t count = 0;
  for (uint32_t i = 0; i < starts_.size(); ++i) count += kind(own_type(i)) == BTF_KIND_TYPEDEF;
  reserve(index, count);
  for (uint32_t i = 0; i < starts_.size(); ++i)
    if (kind(own_type(i)) == BTF_KIND_TYPEDEF) insert(index, first_id_ + i, 0);
}

void Btf::build_functions(NameIndex& index) const {
  size_t count = 0;
  for (uint32_t i = 0; i < starts_.size(); ++i) count += kind(own_type(i)) == BTF_KIND_FUNC;
  reserve(index, count);
  for (uint32_t i = 0; i < starts_.size(); ++i)
    if (kind(own_type(i)) == BTF_KIND_FUNC) insert(index, first_id_ + i, 0);
}

void Btf::build_enumerators(NameIndex& index) const {
  auto is_enum = [](const btf_type* type) {
    return kind(type) == BTF_KIND_ENUM || kind(type) == BTF_KIND_ENUM64;
  };
  size_t count = 0;
  for (uint32_t i = 0; i < starts_.size(); ++i)
    if (is_enum(own_type(i))) count += length(own_type(i));
  reserve(index, count);
  for (uint32_t i = 0; i < starts_.size(); ++i) {
    if (!is_enum(own_type(i))) continue;
    for (uint32_t item = 1; item <= length(own_type(i)); ++item) insert(index, first_id_ + i, item);
  }
}

std::optional<uint32_t> Btf::find_tag(std::string_view name) const {
  if (auto slot = find_in(tags_, &Btf::build_tags, name)) return slot->id;
  return base_ ? base_->find_tag(name) : std::nullopt;
}

std::optional<uint32_t> Btf::find_typedef(std::string_view name) const {
  if (auto slot = find_in(typedefs_, &Btf::build_typedefs, name)) return slot->id;
  return base_ ? base_->find_typedef(name) : std::nullopt;
}

std::optional<uint32_t> Btf::find_function(std::string_view name) const {
  if (auto slot = find_in(functions_, &Btf::build_functions, name)) return slot->id;
  return base_ ? base_->find_function(name) : std::nullopt;
}

std::optional<Btf::Enumerator> Btf::find_enumerator(std::string_view name) const {
  if (auto slot = find_in(enumerators_, &Btf::build_enumerators, name))
    return enumerator(slot->id, slot->item - 1);
  return base_ ? base_->find_enumerator(name) : std::nullopt;
}

// --- questions about one type ------------------------------------------------------------------

uint32_t Btf::resolve(uint32_t id) const {
  for (int depth = 0; depth < 64; ++depth) {
    const btf_type* type = this->type(id);
    if (!type) return 0;
    switch (kind(type)) {
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        id = type->type;
        break;
      default:
        return id;
    }
  }
  return 0;
}

std::optional<uint64_t> Btf::size_of(uint32_t id) const {
  uint64_t count = 1;
  for (int depth = 0; depth < 64; ++depth) {
    id = resolve(id);
    const btf_type* type = this->type(id);
    if (!type) return std::nullopt;
    switch (kind(type)) {
      case BTF_KIND_PTR:
        return count * 8;
      case BTF_KIND_INT:
      case BTF_KIND_FLOAT:
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
      case BTF_KIND_DATASEC:
        return count * type->size;
      case BTF_KIND_ARRAY:
        count *= array(type).nelems;
        id = array(type).type;
        break;
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<Btf::Field> Btf::find_field(uint32_t record, std::string_view name) const {
  return find_field_at(record, name, 0);
}

std::optional<Btf::Field> Btf::find_field_at(uint32_t record,
                                             std::string_view name,
                                             int depth) const {
  const btf_type* type = this->type(resolve(record));
  if (!type || !is_record(type) || depth > 16) return std::nullopt;
  for (const btf_member& member : members(type)) {
    const uint32_t offset = member_bit_offset(type, member);
    if (member.name_off) {
      if (name == string(member.name_off))
        return Field{member.type, offset, member_bit_size(type, member)};
      continue;
    }
    if (auto inner = find_field_at(member.type, name, depth + 1)) {
      inner->bit_offset += offset;
      return inner;
    }
  }
  return std::nullopt;
}

std::optional<uint32_t> Btf::parameter_count(uint32_t function) const {
  const btf_type* type = this->type(function);
  if (!type || kind(type) != BTF_KIND_FUNC) return std::nullopt;
  const btf_type* prototype = this->type(type->type);
  if (!prototype || kind(prototype) != BTF_KIND_FUNC_PROTO) return std::nullopt;
  uint32_t count = 0;
  for (const btf_param& param : params(prototype)) count += param.type != 0;
  return count;
}

}  // namespace redbee
