// BtfWalk: which loads of a BTF-typed program the verifier follows by type. In fentry, fexit, LSM
// and iterator programs the context's words are typed pointers; a load through one, at a member
// that BTF has there, may be direct, and its result is typed again. Helpers that want such a
// pointer (bpf_inode_storage_get(map, file->f_inode, …)) take it only when it was loaded directly.
#pragma once

#include <llvm/IR/Instructions.h>

#include <optional>

#include "src/cc/facts.h"
#include "src/kernel/btf.h"

namespace redbee::cc {

class BtfWalk {
 public:
  BtfWalk(const Btf& btf, const ProgramFacts& program);
  bool may_load(const llvm::LoadInst& load) const;

 private:
  struct Place {
    uint32_t record = 0;  // 0: the context itself
    uint64_t offset = 0;
  };
  std::optional<Place> place_of(const llvm::Value* pointer, int depth) const;
  std::optional<Place> pointee_of(uint32_t type) const;
  std::optional<uint32_t> context_word(uint64_t offset) const;
  std::optional<uint32_t> member_at(uint32_t type, uint64_t offset, uint64_t size) const;

  const Btf& btf_;
  uint32_t context_record_ = 0;     // of an iterator
  uint32_t context_prototype_ = 0;  // of a function
};

}  // namespace redbee::cc
