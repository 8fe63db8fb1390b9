// What a class is called, from its address: "Foo::Bar", "Foo." for what is defined on Foo itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "profiler/discover/global_symbols.h"
#include "profiler/discover/ruby_objects.h"

namespace redbee::profiler {

class ClassNames {
 public:
  ClassNames(const Memory& memory, const Layout& layout, const GlobalSymbols& symbols)
      : memory_(memory), layout_(layout), symbols_(symbols), objects_(memory, layout) {}

  // "Foo::Bar#", "Foo.": what stands before a method's name. "#<Class:0x…>#" for a class without a
  // name; empty for the methods of a single object and for what is no class.
  std::string qualifier(uint64_t owner);
  // "Foo::Bar"; nothing for an anonymous class.
  std::optional<std::string> path(uint64_t klass);

 private:
  std::string path_or_inspect(uint64_t klass);
  std::optional<uint64_t> hidden_variable(uint64_t klass, std::string_view name);
  std::optional<uint64_t> attached_object(uint64_t singleton);
  std::optional<std::string> path_by_shape(uint64_t klass) const;
  uint64_t embedded_ext(uint64_t klass) const;

  const Memory& memory_;
  const Layout& layout_;
  const GlobalSymbols& symbols_;
  RubyObjects objects_;
  std::unordered_map<std::string, uint64_t> ids_;  // of hidden variables, once met
};

}  // namespace redbee::profiler
