#include "profiler/write/output.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>

#include "src/base/file.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "view/terminal.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

// The file that a symbolic link stands for, so that the link stays one.
std::string resolved(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  std::string out = real ? real : path;
  free(real);
  return out;
}

bool is_replaceable(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) < 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode);
}

}  // namespace

Result<Output> Output::open(const std::string& path) {
  Output out;
  out.path_ = path == "-" ? "/dev/stdout" : resolved(path);
  if (path == "-") {
    out.fd_.reset(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!out.fd_.is_open()) return os_error("write standard output");
  } else if (is_replaceable(out.path_)) {
    std::string temporary = cat(out.path_, ".", getpid(), ".tmp");
    out.fd_.reset(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!out.fd_.is_open()) return os_error(cat("write ", path));
    out.temporary_ = temporary;
  } else {
    out.fd_ = TRY(open_file(out.path_, O_WRONLY));
  }
  return out;
}

Output Output::into(std::string& text) {
  Output out;
  out.target_ = &text;
  return out;
}

Output::Output(Output&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)),
      target_(other.target_),
      buffer_(std::move(other.buffer_)),
      error_(std::move(other.error_)) {}

Output::~Output() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void Output::json(std::string_view bytes) {
  view::append_json(buffer_, bytes);
}

bool Output::is_terminal() const {
  return fd_.is_open() && view::is_terminal(fd_.get());
}

void Output::flush() {
  if (target_) {
    *target_ += buffer_;
  } else if (!error_) {
    Status status = write_all(fd_.get(), buffer_);
    if (!status) error_ = std::move(status).error().with_context(cat("write ", path_));
  }
  buffer_.clear();
}

Status Output::commit() {
  flush();
  if (error_) return fail(*error_);
  if (temporary_.empty()) return {};
  if (::rename(temporary_.c_str(), path_.c_str()) < 0) return os_error(cat("write ", path_));
  temporary_.clear();
  return {};
}

}  // namespace redbee::profiler
