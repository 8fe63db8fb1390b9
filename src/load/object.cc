#include "redbee/object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <map>
#include <tuple>

#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/kernel/cpus.h"
#include "src/load/bpf_object.h"
#include "src/load/libbpf_log.h"
#include "src/load/load_program.h"
#include "src/load/map_info.h"
#include "src/load/pins.h"

namespace redbee {
namespace {

using LoadKey = std::tuple<std::string, ProgramKind, std::string, int, int>;

struct MapEntry {
  MapInfo info;
  int fd;   // the object's
};

// -- maps before they are created ---------------------------------------------------------------------

bpf_map* find_map(bpf_object* object, std::string_view name) {
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    if (map_name(map) == name) return map;
  }
  return nullptr;
}

Status apply_sizes(bpf_object* object, const ObjectOptions& options) {
  for (const auto& [name, max_entries] : options.max_entries) {
    bpf_map* map = find_map(object, name);
    if (!map) return fail(Errc::not_found, cat("no map ", name, " to resize"));
    int error = bpf_map__set_max_entries(map, max_entries);
    if (error) return os_error(cat("resize map ", name, " to ", max_entries), -error);
  }
  return {};
}

Status reuse_given_maps(bpf_object* object, const ObjectOptions& options) {
  for (const auto& [name, fd] : options.reuse_maps) {
    bpf_map* map = find_map(object, name);
    if (!map) return fail(Errc::not_found, cat("no map ", name, " to share"));
    int error = bpf_map__reuse_fd(map, fd);
    if (error) return os_error(cat("share map ", name), -error);
  }
  return {};
}

bool is_reused(const ObjectOptions& options, const std::string& name) {
  for (const auto& [reused, fd] : options.reuse_maps) {
    if (reused == name) return true;
  }
  return false;
}

// A map of maps is created with an inner map that shows the shape; the kernel keeps only the shape.
Result<UniqueFd> create_like(const MapFacts& inner) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = inner.flags);
  UniqueFd fd(bpf_map_create(static_cast<bpf_map_type>(inner.type), inner.name.substr(0, 15).c_str(), inner.key_size,
                             inner.leaf_size, inner.max_entries, &options));
  if (!fd.is_open()) return os_error(cat("create inner map ", inner.name));
  return fd;
}

Status set_inner_map(bpf_map* map, const MapFacts& facts, const Facts& all, std::vector<UniqueFd>& keep) {
  const MapFacts* inner = all.find_map(facts.inner);
  if (!inner) return fail(Errc::not_found, cat("map ", facts.name, ": no inner map ", facts.inner));
  UniqueFd fd = TRY(create_like(*inner));
  int error = bpf_map__set_inner_map_fd(map, fd.get());
  if (error) return os_error(cat("map ", facts.name, ": inner map ", facts.inner), -error);
  keep.push_back(std::move(fd));
  return {};
}

Status apply_facts(bpf_object* object, const Facts& facts, const ObjectOptions& options, std::vector<UniqueFd>& keep) {
  for (const MapFacts& map_facts : facts.maps) {
    bpf_map* map = find_map(object, map_facts.name);
    if (!map) continue;
    if (!map_facts.inner.empty()) TRY(set_inner_map(map, map_facts, facts, keep));
    if (is_reused(options, map_facts.name)) continue;
    if (map_facts.linkage == "extern") {
      return fail(Errc::not_found, cat("map ", map_facts.name, " is extern: no other object shares one of that name"));
    }
    if (!map_facts.pinned.empty()) bpf_map__set_pin_path(map, map_facts.pinned.c_str());
    if (bpf_map__max_entries(map) == 0 && bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY && map_facts.table != "extern") {
      bool needs_none = map_facts.table.ends_with("_storage");
      if (!needs_none) bpf_map__set_max_entries(map, static_cast<uint32_t>(TRY(possible_cpu_count())));
    }
  }
  return {};
}

Status create_maps(bpf_object* object) {
  LibbpfMessages messages;
  int error = bpf_object__load(object);
  if (!error) return {};
  auto failure = os_error(cat("create maps", messages.lines().empty() ? "" : ": ", messages.last()), -error);
  failure.value().log = messages.lines();
  return failure;
}

}  // namespace

struct Object::State {
  Image image;
  ObjectOptions options;
  BpfObject maps_object;
  std::vector<std::unique_ptr<MapEntry>> maps;
  std::vector<std::string> program_names;
  std::map<LoadKey, std::unique_ptr<LoadedProgram>> programs;
  BtfTargets targets;

  State(Image i, ObjectOptions o) : image(std::move(i)), options(std::move(o)) {}

  Status list_maps();
  void list_programs();
  std::vector<std::pair<std::string, int>> map_fds() const;
};

Status Object::State::list_maps() {
  bpf_map* map;
  bpf_object__for_each_map(map, maps_object.get()) {
    auto entry = std::make_unique<MapEntry>();
    entry->fd = bpf_map__fd(map);
    entry->info = TRY(read_map_info(entry->fd));
    entry->info.name = map_name(map);   // the kernel's is cut to 15 characters
    if (const MapFacts* facts = image.facts().find_map(entry->info.name)) entry->info.facts = *facts;
    maps.push_back(std::move(entry));
  }
  return {};
}

void Object::State::list_programs() {
  bpf_program* program;
  bpf_object__for_each_program(program, maps_object.get()) program_names.emplace_back(bpf_program__name(program));
}

std::vector<std::pair<std::string, int>> Object::State::map_fds() const {
  std::vector<std::pair<std::string, int>> fds;
  for (const auto& entry : maps) fds.emplace_back(entry->info.name, entry->fd);
  return fds;
}

Result<Object> Object::open(Image image, const ObjectOptions& options) {
  auto state = std::make_unique<State>(std::move(image), options);
  state->maps_object = TRY(open_bpf_object(state->image.bytes(), options.btf));
  bpf_object* object = state->maps_object.get();
  std::vector<UniqueFd> shapes;
  TRY(apply_facts(object, state->image.facts(), options, shapes));
  TRY(apply_sizes(object, options));
  TRY(reuse_given_maps(object, options));
  TRY(set_constants(object, options.constants));
  TRY(check_pins(object));
  TRY(create_maps(object));
  TRY(state->list_maps());
  state->list_programs();
  state->options.reuse_maps.clear();   // borrowed for this call only
  return Object(std::move(state));
}

Object::Object(std::unique_ptr<State> state) : state_(std::move(state)) {}
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

const Image& Object::image() const { return state_->image; }
const Facts& Object::facts() const { return state_->image.facts(); }

std::vector<Map> Object::maps() const {
  std::vector<Map> maps;
  for (const auto& entry : state_->maps) maps.push_back(Map(entry->fd, &entry->info, &facts().types));
  return maps;
}

Result<Map> Object::map(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const auto& entry : state_->maps) {
    if (entry->info.name == name) return Map(entry->fd, &entry->info, &facts().types);
    names.push_back(entry->info.name);
  }
  return fail(Errc::not_found, cat("no map ", name, "; there are: ", fmt::format("{}", fmt::join(names, ", "))));
}

std::vector<std::string> Object::program_names() const { return state_->program_names; }

Result<Program> Object::load(std::string_view name, const LoadOptions& options) {
  LoadKey key(name, options.kind, options.target, options.syscall_nr, options.expected_attach_type);
  auto& slot = state_->programs[key];
  if (!slot) {
    LoadRequest request{state_->image, std::string(name), options, state_->map_fds(), state_->options};
    auto loaded = load_program(request, state_->targets);
    if (!loaded) {
      state_->programs.erase(key);
      return fail(std::move(loaded).error());
    }
    slot = std::make_unique<LoadedProgram>(std::move(*loaded));
  }
  return Program(slot->fd.get(), slot->type, slot->id, slot->attach_type, &slot->name, &slot->log);
}

void Object::unload(const Program& program) {
  std::erase_if(state_->programs, [&](const auto& item) { return item.second->fd.get() == program.fd(); });
}

}  // namespace redbee
