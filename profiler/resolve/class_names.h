// What a class is called, from its address: "Foo::Bar#", "Foo." for what is defined on Foo itself. As
// Module#inspect has it, but for addresses: one code may belong to many nameless classes and objects, and
// objects move.
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

  // What stands before a method's name: "Foo::Bar#", "Foo.", "#<Class>#" for a class without a name,
  // "#<Object>." for the methods of a single object, "#<refinement:String@Foo>#". Empty for what is no
  // class.
  std::string qualifier(uint64_t owner);
  // "Foo::Bar"; nothing for an anonymous class.
  std::optional<std::string> path(uint64_t klass);

 private:
  std::string read_qualifier(uint64_t owner);
  // As Ruby's Module#inspect; of another object the class.
  std::string inspect(uint64_t object, int depth = 0);
  std::string inspect_module(uint64_t module, int depth);
  std::optional<std::string> inspect_refinement(uint64_t module, int depth);
  bool is_class_or_module(uint64_t object) const;
  bool is_singleton(uint64_t klass) const;
  // The first that is neither a singleton class nor an included module.
  uint64_t real_class(uint64_t klass) const;
  std::optional<uint64_t> hidden_variable(uint64_t klass, std::string_view name);
  std::optional<uint64_t> variable_by_shape(uint64_t klass, int index) const;
  std::optional<uint64_t> attached_object(uint64_t singleton);
  std::optional<std::string> path_by_shape(uint64_t klass) const;
  uint64_t embedded_ext(uint64_t klass) const;

  const Memory& memory_;
  const Layout& layout_;
  const GlobalSymbols& symbols_;
  RubyObjects objects_;
  std::unordered_map<std::string, uint64_t> ids_;  // of hidden variables, once met
  std::unordered_map<uint64_t, std::string> qualifiers_;  // of classes met, for when they are gone
};

}  // namespace redbee::profiler
