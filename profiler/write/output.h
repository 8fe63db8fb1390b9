// Where a report goes: standard output, or a file that appears whole or not at all.
//
//   Output out = TRY(Output::open("flame.html"));
//   out.text("…");            // buffered; a failure is kept
//   TRY(out.commit());        // flushes, renames into place, returns the first failure
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee::profiler {

class Output {
 public:
  // "-" is standard output. Devices and pipes are written to directly.
  static Result<Output> open(const std::string& path);
  // Into a string; for tests.
  static Output into(std::string& text);
  // Without commit(), what was written to a file is gone again.
  ~Output();
  Output(Output&& other) noexcept;

  void text(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() >= kBufferBytes) flush();
  }
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(buffer_), format, std::forward<Args>(args)...);
    if (buffer_.size() >= kBufferBytes) flush();
  }
  // A JSON string with its quotes.
  void json(std::string_view bytes);

  bool is_terminal() const;
  Status commit();

 private:
  static constexpr size_t kBufferBytes = 256 * 1024;
  Output() = default;
  void flush();

  std::string path_;
  std::string temporary_;  // to be renamed to path_; empty when written in place
  UniqueFd fd_;
  std::string* target_ = nullptr;
  std::string buffer_;
  std::optional<Error> error_;
};

}  // namespace redbee::profiler
