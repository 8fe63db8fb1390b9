// Btf: a blob of BPF Type Format (the kernel's, or a module's split blob on top of it), read in
// place. Opening finds where each type starts; each index by name is built when first asked for,
// so a caller that needs three types pays for a scan, not for a parse of 130,000.
//
//   Btf kernel = TRY(Btf::open("/sys/kernel/btf/vmlinux"));
//   if (auto task = kernel.find_tag("task_struct"))
//     if (auto pid = kernel.find_field(*task, "pid")) use(pid->bit_offset / 8);
//
// A split blob refers to its base, which must outlive it and stay where it is. Not thread-safe: the
// indexes are built inside const calls.
#pragma once

#include <linux/btf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"

namespace redbee {

class Btf {
 public:
  static Result<Btf> open(const std::string& path, const Btf* base = nullptr);
  static Result<Btf> parse(std::string bytes, const Btf* base = nullptr);
  Btf(Btf&&) noexcept;
  Btf& operator=(Btf&&) noexcept;
  ~Btf();

  const Btf* base() const { return base_; }
  // Ids of this blob alone are [first_id, end_id); lower ones belong to the base; 0 is void.
  uint32_t first_id() const { return first_id_; }
  uint32_t end_id() const { return first_id_ + static_cast<uint32_t>(starts_.size()); }
  // nullptr for void and for ids that do not exist.
  const btf_type* type(uint32_t id) const;
  const char* string(uint32_t offset) const;
  const char* name(const btf_type* type) const { return string(type->name_off); }
  std::string_view name(uint32_t id) const;
  std::string_view bytes() const { return bytes_; }

  static uint32_t kind(const btf_type* type) { return (type->info >> 24) & 0x1f; }
  static uint32_t length(const btf_type* type) { return type->info & 0xffff; }
  static bool kind_flag(const btf_type* type) { return type->info >> 31; }
  static bool is_record(const btf_type* type) {
    return kind(type) == BTF_KIND_STRUCT || kind(type) == BTF_KIND_UNION;
  }
  // Encoding bits of a BTF_KIND_INT: BTF_INT_SIGNED, BTF_INT_CHAR, BTF_INT_BOOL.
  static uint32_t int_encoding(const btf_type* type);
  static std::span<const btf_member> members(const btf_type* record);
  static std::span<const btf_param> params(const btf_type* prototype);
  static const btf_array& array(const btf_type* type);
  static uint32_t member_bit_offset(const btf_type* record, const btf_member& member);
  static uint32_t member_bit_size(const btf_type* record, const btf_member& member);

  struct Enumerator {
    uint32_t enum_id = 0;
    std::string_view name;
    int64_t value = 0;  // the bits; the enum's kind_flag says whether they are signed
  };
  Enumerator enumerator(uint32_t enum_id, uint32_t index) const;

  // Each looks in this blob, then in its base. The first definition of a name wins.
  std::optional<uint32_t> find_tag(std::string_view name) const;  // struct, union, enum
  std::optional<uint32_t> find_typedef(std::string_view name) const;
  std::optional<uint32_t> find_function(std::string_view name) const;
  std::optional<Enumerator> find_enumerator(std::string_view name) const;

  // Through typedef, const, volatile, restrict and type tags to what is underneath.
  uint32_t resolve(uint32_t id) const;
  std::optional<uint64_t> size_of(uint32_t id) const;

  struct Field {
    uint32_t type = 0;
    uint32_t bit_offset = 0;  // from the start of the record asked about
    uint32_t bit_size = 0;    // 0 unless a bit-field
  };
  // Also finds the members of anonymous structs and unions inside.
  std::optional<Field> find_field(uint32_t record, std::string_view name) const;
  // Number of parameters of a FUNC, without the ellipsis.
  std::optional<uint32_t> parameter_count(uint32_t function) const;

 private:
  Btf();
  // Open addressing over ids; an entry is an id, or an enumerator's id and index.
  struct NameIndex {
    struct Slot {
      uint32_t hash = 0, id = 0, item = 0;
    };
    std::vector<Slot> slots;
    bool is_built = false;
  };
  struct Mapping;  // keeps bytes_ alive

  Status find_types();
  Status check_header();
  std::optional<NameIndex::Slot> find_in(NameIndex& index,
                                         void (Btf::*build)(NameIndex&) const,
                                         std::string_view name) const;
  std::string_view slot_name(const NameIndex::Slot& slot) const;
  void reserve(NameIndex& index, size_t names) const;
  void insert(NameIndex& index, uint32_t id, uint32_t item) const;
  void build_tags(NameIndex& index) const;
  void build_typedefs(NameIndex& index) const;
  void build_functions(NameIndex& index) const;
  void build_enumerators(NameIndex& index) const;
  const btf_type* own_type(uint32_t index) const;
  std::optional<Field> find_field_at(uint32_t record, std::string_view name, int depth) const;

  std::unique_ptr<Mapping> mapping_;
  std::string_view bytes_;        // the whole blob
  std::string_view types_;        // its type section
  std::string_view strings_;      // its string section
  std::vector<uint32_t> starts_;  // offset in types_ of each type
  const Btf* base_ = nullptr;
  uint32_t first_id_ = 1;
  uint32_t first_string_ = 0;
  mutable NameIndex tags_, typedefs_, functions_, enumerators_;
};

}  // namespace redbee
