#include "redbee/image.h"

#include "src/base/text.h"
#include "src/compile/elf_section.h"

namespace redbee {
namespace {

constexpr std::string_view kFactsSection = ".redbee.facts";

template <typename T>
const T* find_named(const std::vector<T>& items, std::string_view name) {
  for (const T& item : items) {
    if (item.name == name) return &item;
  }
  return nullptr;
}

}  // namespace

const TwinFacts* ProgramFacts::find_twin(std::string_view wanted) const {
  for (const TwinFacts& twin : twins) {
    if (twin.kind == wanted) return &twin;
  }
  return nullptr;
}

const MapFacts* Facts::find_map(std::string_view name) const { return find_named(maps, name); }
const ProgramFacts* Facts::find_program(std::string_view name) const { return find_named(programs, name); }

const EventFacts* Facts::find_event(std::string_view map) const {
  for (const EventFacts& event : events) {
    if (event.map == map) return &event;
  }
  return nullptr;
}

Result<Image> Image::parse(std::string bytes) {
  auto section = TRY(find_elf_section(bytes, kFactsSection));
  if (!section) {
    return fail(Errc::invalid_argument, "BPF object without .redbee.facts: compile it with redbee-cc");
  }
  Facts facts = TRY(parse_facts(*section));
  return Image(std::move(bytes), std::move(facts));
}

Result<Image> Image::from_object(std::string bytes, Facts facts) {
  auto section = TRY(find_elf_section(bytes, kFactsSection));
  if (section) facts = TRY(parse_facts(*section));
  return Image(std::move(bytes), std::move(facts));
}

}  // namespace redbee
