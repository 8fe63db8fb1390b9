#include "src/cc/btf_walk.h"

#include <llvm/IR/DataLayout.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Operator.h>

#include "src/base/text.h"

namespace redbee::cc {

BtfWalk::BtfWalk(const Btf& btf, const ProgramFacts& program) : btf_(btf) {
  if (program.kind == "iter") {
    context_record_ = btf.find_tag(program.context).value_or(0);
  } else if (program.kind == "fentry" || program.kind == "fexit" || program.kind == "fmod_ret" ||
             program.kind == "lsm") {
    const auto function =
        btf.find_function(program.kind == "lsm" ? cat("bpf_lsm_", program.target) : program.target);
    if (function) context_prototype_ = btf.type(*function)->type;
  }
}

bool BtfWalk::may_load(const llvm::LoadInst& load) const {
  if (!context_record_ && !context_prototype_) return false;
  const auto place = place_of(load.getPointerOperand(), 0);
  if (!place || place->record == 0) return false;
  const uint64_t size =
      load.getModule()->getDataLayout().getTypeStoreSize(load.getType()).getFixedValue();
  return member_at(place->record, place->offset, size).has_value();
}

std::optional<BtfWalk::Place> BtfWalk::place_of(const llvm::Value* pointer, int depth) const {
  if (depth > 32) return std::nullopt;
  if (llvm::isa<llvm::Argument>(pointer)) return Place{0, 0};
  if (const auto* element = llvm::dyn_cast<llvm::GEPOperator>(pointer)) {
    auto place = place_of(element->getPointerOperand(), depth + 1);
    const auto* instruction = llvm::dyn_cast<llvm::GetElementPtrInst>(pointer);
    llvm::APInt step(64, 0);
    if (!place || !instruction ||
        !element->accumulateConstantOffset(instruction->getModule()->getDataLayout(), step))
      return std::nullopt;
    place->offset += static_cast<uint64_t>(step.getSExtValue());
    return place;
  }
  if (const auto* cast = llvm::dyn_cast<llvm::IntToPtrInst>(pointer))
    return place_of(cast->getOperand(0), depth + 1);
  const auto* load = llvm::dyn_cast<llvm::LoadInst>(pointer);
  if (!load) return std::nullopt;
  const auto from = place_of(load->getPointerOperand(), depth + 1);
  if (!from) return std::nullopt;
  const auto type =
      from->record ? member_at(from->record, from->offset, 8) : context_word(from->offset);
  return type ? pointee_of(*type) : std::nullopt;
}

std::optional<uint32_t> BtfWalk::context_word(uint64_t offset) const {
  if (context_record_) return member_at(context_record_, offset, 8);
  const auto params = Btf::params(btf_.type(context_prototype_));
  if (offset % 8 || offset / 8 >= params.size()) return std::nullopt;
  return params[offset / 8].type;
}

// The record behind a pointer type; not behind pointers to user or per-CPU memory, which cannot be
// followed.
std::optional<BtfWalk::Place> BtfWalk::pointee_of(uint32_t id) const {
  id = btf_.resolve(id);
  const btf_type* type = btf_.type(id);
  if (!type || Btf::kind(type) != BTF_KIND_PTR) return std::nullopt;
  for (id = type->type; (type = btf_.type(id)); id = type->type) {
    switch (Btf::kind(type)) {
      case BTF_KIND_STRUCT:
        return Place{id, 0};
      case BTF_KIND_TYPE_TAG: {
        const std::string_view tag = btf_.name(type);
        if (tag == "user" || tag == "percpu") return std::nullopt;
        break;
      }
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_TYPEDEF:
        break;
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

// The type of the number or pointer at `offset`, when an access of `size` stays inside it.
std::optional<uint32_t> BtfWalk::member_at(uint32_t id, uint64_t offset, uint64_t size) const {
  const uint32_t resolved = btf_.resolve(id);
  const btf_type* type = btf_.type(resolved);
  if (!type) return std::nullopt;
  switch (Btf::kind(type)) {
    case BTF_KIND_PTR:
      return offset == 0 && size == 8 ? std::optional(id) : std::nullopt;
    case BTF_KIND_INT:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return offset + size <= type->size ? std::optional(id) : std::nullopt;
    case BTF_KIND_ARRAY: {
      const auto element = btf_.size_of(Btf::array(type).type);
      if (!element || *element == 0 || offset / *element >= Btf::array(type).nelems)
        return std::nullopt;
      return member_at(Btf::array(type).type, offset % *element, size);
    }
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      for (const btf_member& member : Btf::members(type)) {
        const uint64_t start = Btf::member_bit_offset(type, member) / 8;
        const auto length = btf_.size_of(member.type);
        if (Btf::member_bit_size(type, member) || !length || offset < start ||
            offset >= start + *length)
          continue;
        if (auto found = member_at(member.type, offset - start, size)) return found;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace redbee::cc
