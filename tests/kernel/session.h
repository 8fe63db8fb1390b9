// What every kernel test needs: prebuilt Images, and a record of what was put into the kernel.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>

#include "redbee/image.h"
#include "redbee/link.h"
#include "redbee/object.h"

namespace redbee::kernel_test {

// Fails the test, with the error's words, when a Result is one.
#define ASSERT_OK(result) ASSERT_TRUE(result) << (result).error().message
#define EXPECT_OK(result) EXPECT_TRUE(result) << (result).error().message

// The directory given by --images or $REDBEE_TEST_IMAGES.
void set_image_directory(std::string directory);
std::string image_directory_path();
// "probes" → DIR/probes.o
Result<Image> read_image(const std::string& name);
Result<Object> open_object(const std::string& name, const ObjectOptions& options = {});
// The object built from plain.bpf.c, its programs limited to this process.
Result<Object> open_plain_object();
// That of iterator.bpf.c.
Result<Object> open_iterator_object();

template <typename T>
Bytes bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}
template <typename T>
std::span<std::byte> room_for(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

// counts[key] of probes.c, 0 when absent.
uint64_t value_at(const Object& object, const char* map, uint32_t key);
// Lets the programs of probes.c count process `pid` alone.
void aim_at(const Object& object, int pid);

// A test with the object of probes.c, which counts what this process does.
class ProbesTest : public testing::Test {
 public:
  // Slots of counts and sums.
  enum Slot : uint32_t { kKprobe, kKretprobe, kTracepoint, kRaw, kUprobe, kUretprobe, kClock, kSyscall, kSyscallReturn };

 protected:
  void SetUp() override {
    auto object = open_object("probes");
    ASSERT_OK(object);
    object_.emplace(std::move(*object));
    aim_at(*object_, getpid());
  }
  uint64_t count(Slot slot) { return value_at(*object_, "counts", slot); }
  uint64_t sum(Slot slot) { return value_at(*object_, "sums", slot); }
  std::optional<Object> object_;
};

// The kernel frees a little after the last user is gone, and a guest is slow: tries for a minute.
template <typename Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 3000; i++) {
    if (condition()) return true;
    usleep(20000);
  }
  return false;
}

// Ids of the maps and programs that the tests made and the kernel still has.
std::vector<std::string> objects_left_in_kernel();
void forget_objects();

}  // namespace redbee::kernel_test
