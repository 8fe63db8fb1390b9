#include "profiler/discover/roots.h"

#include <bit>

#include "profiler/discover/machine_code.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using Kind = Expression::Kind;

// The first path whose result is a read from memory.
Value first_load(const ElfImage& image, std::string_view function) {
  for (const CodePath& path : interpret_function(image, function))
    if (is_load(path.result)) return path.result;
  return nullptr;
}

// The address an expression stands for: a constant, or what a GOT entry holds.
std::optional<uint64_t> variable_address(const Value& base, int64_t displacement,
                                         const Memory& memory, uint64_t bias) {
  if (base->kind == Kind::constant) return bias + base->number + displacement;
  if (is_load(base) && base->base->kind == Kind::constant && displacement == 0)
    return memory.word(bias + base->base->number + base->displacement);
  return std::nullopt;
}

// ec is `*(base + displacement)`: where in the thread is that?
bool locate_ec(const Value& ec, const Memory& memory, uint64_t bias, EcRoot* root) {
  const Value& base = ec->base;
  if (base->kind == Kind::tls_address) {
    const auto module = memory.word(bias + base->number), offset = memory.word(bias + base->number + 8);
    if (!module || !offset || !*module) return false;
    root->location = rb_ec_in_dtv;
    root->tls_module = static_cast<uint32_t>(*module);
    root->tls_offset = static_cast<int64_t>(*offset) + ec->displacement;
    return true;
  }
  if (base->kind == Kind::thread_pointer) {
    root->location = rb_ec_at_tls_offset;
    root->tls_offset = ec->displacement;
    return true;
  }
  if (base->kind == Kind::tls_descriptor || base->kind == Kind::indexed) {
    // A static descriptor's argument, or an initial-exec GOT entry: the offset itself.
    const uint64_t entry = base->kind == Kind::tls_descriptor
                               ? base->number + 8
                               : base->base->base->number + base->base->displacement;
    const auto offset = memory.word(bias + entry);
    if (!offset) return false;
    root->location = rb_ec_at_tls_offset;
    root->tls_offset = static_cast<int64_t>(*offset) + ec->displacement;
    return true;
  }
  if (const auto variable = variable_address(base, ec->displacement, memory, bias)) {
    root->location = rb_ec_global;
    root->global_ec = *variable;
    return true;
  }
  return false;
}

void find_ec_by_code(const Memory& memory, const ElfImage& image, uint64_t bias, Roots* roots,
                     Layout* layout) {
  if (const Value result = first_load(image, "rb_errinfo"); result && is_load(result->base)) {
    if (locate_ec(result->base, memory, bias, &roots->ec)) {
      roots->ec.source = FactSource::machine_code;
      roots->ec.how = cat("rb_errinfo returns ", describe(result));
      layout->set(LayoutField::ec_errinfo, result->displacement, FactSource::machine_code);
    }
  }
  const Value result = first_load(image, "rb_thread_current");
  if (!result || !is_load(result->base) || !is_load(result->base->base)) return;
  if (roots->ec.location == rb_ec_nowhere &&
      locate_ec(result->base->base, memory, bias, &roots->ec)) {
    roots->ec.source = FactSource::machine_code;
    roots->ec.how = cat("rb_thread_current returns ", describe(result));
  }
  layout->set(LayoutField::ec_thread_ptr, result->base->displacement, FactSource::machine_code);
}

void find_ec_by_symbol(const ElfImage& image, uint64_t bias, Roots* roots) {
  if (const auto symbol = image.find_symbol("ruby_current_execution_context_ptr")) {
    roots->ec = {.location = rb_ec_global,
                 .global_ec = bias + symbol->address,
                 .source = FactSource::symbol,
                 .how = "ruby_current_execution_context_ptr"};
    return;
  }
  const auto symbol = image.find_symbol("ruby_current_ec");
  // In an executable the block lies directly below the thread pointer.
  if (symbol && symbol->is_thread_local && image.is_program() && image.tls_block_offset())
    roots->ec = {.location = rb_ec_at_tls_offset,
                 .tls_offset = image.tls_block_offset() + static_cast<int64_t>(symbol->address),
                 .source = FactSource::symbol,
                 .how = "ruby_current_ec"};
}

// (*(… + flags) >> 5) & 1, or a test of that bit: the mask within a 32-bit word at flags.
struct FlagBit {
  Value word;
  int64_t mask = 0;
};
std::optional<FlagBit> flag_bit(const CodePath& path) {
  int64_t shift = 0;
  Value value = path.result;
  if (!value) return std::nullopt;
  if (value->kind == Kind::test && is_load(value->base)) return FlagBit{value->base, value->number};
  if (value->kind != Kind::masked) return std::nullopt;
  const int64_t mask = value->number;
  value = value->base;
  if (value->kind == Kind::shifted) {
    shift = value->number;
    value = value->base;
  }
  if (!is_load(value)) return std::nullopt;
  return FlagBit{value, mask << shift};
}

void find_gc_state(const Memory& memory, const ElfImage& image, uint64_t bias, Roots* roots,
                   Layout* layout) {
  for (const CodePath& path : interpret_function(image, "rb_during_gc")) {
    const std::optional<FlagBit> bit = flag_bit(path);
    if (!bit || !is_load(bit->word->base)) continue;
    const Value& objspace = bit->word->base;   // *(vm + vm.objspace)
    if (!is_load(objspace->base)) continue;
    const Value& vm = objspace->base;          // *(ruby_current_vm_ptr)
    const auto variable = variable_address(vm->base, vm->displacement, memory, bias);
    if (!variable) continue;
    roots->vm_pointer = {*variable, FactSource::machine_code,
                         cat("rb_during_gc returns ", describe(path.result))};
    layout->set(LayoutField::vm_objspace, objspace->displacement, FactSource::machine_code);
    layout->set(LayoutField::objspace_flags, bit->word->displacement & ~3LL, FactSource::machine_code);
    layout->set(LayoutField::objspace_during_gc_mask,
                bit->mask << 8 * (bit->word->displacement & 3), FactSource::machine_code);
    break;
  }
  const Value count = first_load(image, "rb_gc_count");
  if (!count || !is_load(count->base) || !is_load(count->base->base)) return;
  layout->set(LayoutField::objspace_gc_count, count->displacement, FactSource::machine_code);
  if (roots->vm_pointer.address) return;
  const Value& vm = count->base->base;
  if (const auto variable = variable_address(vm->base, vm->displacement, memory, bias)) {
    roots->vm_pointer = {*variable, FactSource::machine_code,
                         cat("rb_gc_count returns ", describe(count))};
    layout->set(LayoutField::vm_objspace, count->base->displacement, FactSource::machine_code);
  }
}

constexpr uint32_t kFirstPthreadSlot = 0x310 + 8;  // glibc: struct pthread.specific_1stblock[0].data
constexpr uint32_t kPthreadSlots = 32;

}  // namespace

Roots find_roots(const Memory& memory, const ElfImage& image, uint64_t bias, Layout* layout) {
  Roots roots;
  find_ec_by_code(memory, image, bias, &roots, layout);
  if (roots.ec.location == rb_ec_nowhere) find_ec_by_symbol(image, bias, &roots);
  find_gc_state(memory, image, bias, &roots, layout);
  if (!roots.vm_pointer.address) {
    if (const auto symbol = image.find_symbol("ruby_current_vm_ptr"))
      roots.vm_pointer = {bias + symbol->address, FactSource::symbol, "ruby_current_vm_ptr"};
  }
  for (std::string_view name : {"ruby_global_symbols", "global_symbols"})
    if (const auto symbol = image.find_symbol(name); symbol && !roots.global_symbols.address)
      roots.global_symbols = {bias + symbol->address, FactSource::symbol, std::string(name)};
  return roots;
}

void settle_ec_location(const Memory& memory, const std::vector<uint64_t>& thread_pointers,
                        const Layout& layout, uint64_t vm, EcRoot* root) {
  if (root->location == rb_ec_in_dtv) {
    std::optional<int64_t> distance;
    for (uint64_t pointer : thread_pointers) {
      const uint64_t block = memory.pointer(memory.pointer(pointer + 8) + 16ULL * root->tls_module);
      if (!block || block == ~0ULL) return;
      const auto here = static_cast<int64_t>(block - pointer) + root->tls_offset;
      if (distance && *distance != here) return;
      distance = here;
    }
    // Blocks of libraries present at the start lie below the thread pointer, those of dlopen on the heap.
    if (!distance || *distance >= 0 || *distance < -(1 << 20)) return;
    root->location = rb_ec_at_tls_offset;
    root->tls_offset = *distance;
    return;
  }
  if (root->location != rb_ec_global || layout.version() >= ruby_version(3, 0)) return;
  const uint64_t main_thread = memory.pointer(vm + layout[LayoutField::vm_main_thread]);
  for (uint64_t pointer : thread_pointers)
    for (uint32_t i = 0; main_thread && i < kPthreadSlots; ++i)
      if (memory.pointer(pointer + kFirstPthreadSlot + 16 * i) == main_thread) {
        root->location = rb_ec_in_pthread_key;
        root->pthread_slot = kFirstPthreadSlot + 16 * i;
        root->how += cat("; the thread itself by pthread key ", i);
        return;
      }
}

}  // namespace redbee::profiler
