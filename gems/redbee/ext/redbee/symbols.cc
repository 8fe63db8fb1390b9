#include "redbee/symbols.h"

#include "guard.h"
#include "symbols.h"
#include "text.h"
#include "typed.h"

namespace redbee::ruby {
namespace {

VALUE kernel_class = Qnil;
VALUE process_class = Qnil;
using Kernel = Typed<KernelSymbols>;
using Process = Typed<ProcessSymbols>;

// [name or nil, offset, module or nil]; for an unknown address the offset is the address.
VALUE answer(const Symbol& symbol, uint64_t address, bool wants_demangled) {
  VALUE module = symbol.module.empty() ? Qnil : utf8(symbol.module);
  if (symbol.name.empty()) return rb_ary_new_from_args(3, Qnil, ULL2NUM(address), module);
  VALUE name = utf8(wants_demangled ? demangle(symbol.name) : symbol.name);
  return rb_ary_new_from_args(3, name, ULL2NUM(symbol.offset), module);
}

VALUE kernel_open(VALUE) {
  return guard([&]() -> Result<VALUE> {
    KernelSymbols symbols = TRY(KernelSymbols::open());
    return protect([&] { return Kernel::wrap(kernel_class, std::move(symbols)); });
  });
}

VALUE kernel_resolve(VALUE self, VALUE address) {
  KernelSymbols& symbols = Kernel::of(self);
  uint64_t wanted = NUM2ULL(address);
  return guard([&]() -> Result<VALUE> {
    Symbol symbol = symbols.find(wanted).value_or(Symbol{});
    return protect([&] { return answer(symbol, wanted, false); });
  });
}

VALUE kernel_address_of(VALUE self, VALUE name) {
  auto address = Kernel::of(self).address_of(StringValueCStr(name));
  return address ? ULL2NUM(*address) : Qnil;
}

// functions → [[name, address], …] of all text symbols.
VALUE kernel_functions(VALUE self) {
  KernelSymbols& symbols = Kernel::of(self);
  return guard([&]() -> Result<VALUE> {
    std::vector<std::pair<std::string, uint64_t>> found;
    symbols.each_function([&](std::string_view name, std::string_view, uint64_t address) {
      found.emplace_back(name, address);
    });
    return protect([&] {
      VALUE all = rb_ary_new_capa(static_cast<long>(found.size()));
      for (const auto& [name, address] : found) rb_ary_push(all, rb_assoc_new(utf8(name), ULL2NUM(address)));
      return all;
    });
  });
}

VALUE process_open(VALUE, VALUE pid) {
  int process = NUM2INT(pid);
  return guard([&]() -> Result<VALUE> {
    ProcessSymbols symbols = TRY(ProcessSymbols::open(process));
    return protect([&] { return Process::wrap(process_class, std::move(symbols)); });
  });
}

VALUE process_resolve(VALUE self, VALUE address, VALUE wants_demangled) {
  ProcessSymbols& symbols = Process::of(self);
  uint64_t wanted = NUM2ULL(address);
  return guard([&]() -> Result<VALUE> {
    Symbol symbol = symbols.resolve(wanted);
    return protect([&] { return answer(symbol, wanted, RTEST(wants_demangled)); });
  });
}

VALUE process_address_of(VALUE self, VALUE name, VALUE module) {
  ProcessSymbols& symbols = Process::of(self);
  StringValue(name);
  if (module != Qnil) StringValue(module);
  return guard([&]() -> Result<VALUE> {
    auto address = symbols.address_of(string_of(name), string_of(module));
    return address ? ULL2NUM(*address) : Qnil;
  });
}

// Redbee.find_binary(name, pid)
VALUE s_find_binary(VALUE, VALUE name, VALUE pid) {
  StringValue(name);
  int process = NUM2INT(pid);
  return guard([&]() -> Result<VALUE> {
    std::string path = TRY(find_openable_binary(string_of(name), process));
    return protect([&] { return utf8(path); });
  });
}

// Redbee.find_function(path, name) → [address in the file, is it an IFUNC], or nil.
VALUE s_find_function(VALUE, VALUE path, VALUE name) {
  StringValue(path);
  StringValue(name);
  return guard([&]() -> Result<VALUE> {
    ElfSymbols symbols = TRY(ElfSymbols::open(string_of(path)));
    auto function = symbols.find_function(string_of(name));
    if (!function) return Qnil;
    return protect([&] { return rb_assoc_new(ULL2NUM(function->address), function->is_ifunc ? Qtrue : Qfalse); });
  });
}

// Redbee.address_in_file(path, file_offset) → the virtual address there, or nil.
VALUE s_address_in_file(VALUE, VALUE path, VALUE offset) {
  StringValue(path);
  uint64_t bytes = NUM2ULL(offset);
  return guard([&]() -> Result<VALUE> {
    ElfSymbols symbols = TRY(ElfSymbols::open(string_of(path)));
    auto address = symbols.address_at(bytes);
    return address ? ULL2NUM(*address) : Qnil;
  });
}

// Redbee.build_id(path) → hex, nil when the file has none.
VALUE s_build_id(VALUE, VALUE path) {
  StringValue(path);
  return guard([&]() -> Result<VALUE> {
    ElfSymbols symbols = TRY(ElfSymbols::open(string_of(path)));
    if (symbols.build_id().empty()) return Qnil;
    return protect([&] { return utf8(symbols.build_id()); });
  });
}

// Redbee.resolve_in_file(path, file_offset, demangle) → as resolve.
VALUE s_resolve_in_file(VALUE, VALUE path, VALUE offset, VALUE wants_demangled) {
  StringValue(path);
  uint64_t bytes = NUM2ULL(offset);
  return guard([&]() -> Result<VALUE> {
    ElfSymbols symbols = TRY(ElfSymbols::open(string_of(path)));
    auto address = symbols.address_at(bytes);
    Symbol symbol = address ? symbols.find(*address).value_or(Symbol{}) : Symbol{};
    return protect([&] { return answer(symbol, bytes, RTEST(wants_demangled)); });
  });
}

VALUE s_syscall_prefix(VALUE) {
  return guard([&]() -> Result<VALUE> {
    std::string prefix = syscall_prefix();
    return protect([&] { return utf8(prefix); });
  });
}

VALUE s_syscall_of_symbol(VALUE, VALUE symbol) {
  StringValue(symbol);
  return guard([&]() -> Result<VALUE> {
    auto name = syscall_of_symbol(string_of(symbol));
    if (!name) return Qnil;
    return protect([&] { return utf8(*name); });
  });
}

}  // namespace

void symbols_init(VALUE redbee) {
  kernel_class = rb_define_class_under(redbee, "KernelSymbols", rb_cObject);
  rb_undef_alloc_func(kernel_class);
  rb_define_singleton_method(kernel_class, "open", kernel_open, 0);
  rb_define_method(kernel_class, "resolve", kernel_resolve, 1);
  rb_define_method(kernel_class, "address_of", kernel_address_of, 1);
  rb_define_method(kernel_class, "functions", kernel_functions, 0);
  process_class = rb_define_class_under(redbee, "ProcessSymbols", rb_cObject);
  rb_undef_alloc_func(process_class);
  rb_define_singleton_method(process_class, "open", process_open, 1);
  rb_define_method(process_class, "resolve", process_resolve, 2);
  rb_define_method(process_class, "address_of", process_address_of, 2);
  for (VALUE klass : {kernel_class, process_class}) rb_gc_register_mark_object(klass);
  rb_define_module_function(redbee, "find_binary", s_find_binary, 2);
  rb_define_module_function(redbee, "find_function", s_find_function, 2);
  rb_define_module_function(redbee, "address_in_file", s_address_in_file, 2);
  rb_define_module_function(redbee, "build_id", s_build_id, 1);
  rb_define_module_function(redbee, "resolve_in_file", s_resolve_in_file, 3);
  rb_define_module_function(redbee, "syscall_prefix", s_syscall_prefix, 0);
  rb_define_module_function(redbee, "syscall_of_symbol", s_syscall_of_symbol, 1);
}

}  // namespace redbee::ruby
