// One line on standard error that says how far a long job is; silent unless that is a terminal.
//
//   Progress progress("reading", total);
//   for (…) progress.update(done);
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace redbee::view {

class Progress {
 public:
  Progress(std::string what, uint64_t total);
  ~Progress();  // clears the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap enough for a hot loop: writes at most ten times a second.
  void update(uint64_t done);

 private:
  std::string what_;
  uint64_t total_;
  bool is_on_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace redbee::view
