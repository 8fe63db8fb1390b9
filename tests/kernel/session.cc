#include "tests/kernel/session.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <set>

#include "iterator.bpf.h"
#include "plain.bpf.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "src/base/unique_fd.h"

namespace redbee::kernel_test {
namespace {

std::string image_directory;
std::set<uint32_t> map_ids;            // made by open_object()
std::set<std::string> program_names;   // as the kernel cuts them
std::set<uint32_t> programs_before;    // of other processes

std::set<uint32_t> program_ids() {
  std::set<uint32_t> ids;
  uint32_t id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) ids.insert(id);
  return ids;
}

std::string program_name(uint32_t id) {
  UniqueFd fd(bpf_prog_get_fd_by_id(id));
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  return fd.is_open() && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 ? info.name : "";
}

Object record(Object object) {
  for (const Map& map : object.maps()) map_ids.insert(map.info().id);
  for (const std::string& name : object.program_names()) program_names.insert(name.substr(0, 15));
  return object;
}

Result<Object> open_bytes(std::span<const unsigned char> object, const ObjectOptions& options) {
  std::string bytes(object.begin(), object.end());
  return record(TRY(Object::open(TRY(Image::from_object(std::move(bytes))), options)));
}

}  // namespace

void set_image_directory(std::string directory) { image_directory = std::move(directory); }

std::string image_directory_path() { return image_directory; }

Result<Image> read_image(const std::string& name) {
  return Image::parse(TRY(read_file(cat(image_directory, "/", name, ".o"))));
}

Result<Object> open_object(const std::string& name, const ObjectOptions& options) {
  return record(TRY(Object::open(TRY(read_image(name)), options)));
}

Result<Object> open_plain_object() {
  uint32_t pid = static_cast<uint32_t>(getpid());
  ObjectOptions options;
  options.constants = {{"kt_pid", std::string(reinterpret_cast<char*>(&pid), sizeof pid)}};
  return open_bytes(plain_bpf_object, options);
}

Result<Object> open_iterator_object() { return open_bytes(iterator_bpf_object, {}); }

uint64_t value_at(const Object& object, const char* map, uint32_t key) {
  uint64_t value = 0;
  auto found = object.map(map);
  if (found) (void)found->lookup(bytes_of(key), room_for(value));
  return value;
}

void aim_at(const Object& object, int pid) {
  uint32_t zero = 0, number = static_cast<uint32_t>(pid);
  auto target = object.map("target");
  ASSERT_OK(target);
  ASSERT_OK(target->update(bytes_of(zero), bytes_of(number)));
}

std::vector<std::string> objects_left_in_kernel() {
  std::vector<std::string> left;
  for (uint32_t id : map_ids) {
    UniqueFd fd(bpf_map_get_fd_by_id(id));
    if (fd.is_open()) left.push_back(cat("map ", id));
  }
  for (uint32_t id : program_ids()) {
    if (programs_before.count(id) || !program_names.count(program_name(id))) continue;
    left.push_back(cat("program ", id, " ", program_name(id)));
  }
  return left;
}

void forget_objects() {
  map_ids.clear();
  program_names.clear();
  programs_before = program_ids();
}

}  // namespace redbee::kernel_test
