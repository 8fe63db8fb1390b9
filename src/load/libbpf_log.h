// libbpf's messages: sent to the log, and kept while a call is under way so that its error can say
// more than an errno.
//
//   LibbpfMessages messages;                     // collects on this thread until it dies
//   int error = bpf_object__load(object);
//   if (error) return fail(… messages.last() …);
#pragma once

#include <string>
#include <vector>

namespace redbee {

void collect_libbpf_line(std::string line);   // from the print callback

class LibbpfMessages {
 public:
  LibbpfMessages();
  ~LibbpfMessages();
  LibbpfMessages(const LibbpfMessages&) = delete;

  const std::vector<std::string>& lines() const { return lines_; }
  // The last warning, without libbpf's prefix; empty when there was none.
  std::string last() const;

 private:
  friend void collect_libbpf_line(std::string line);
  std::vector<std::string> lines_;
  LibbpfMessages* outer_;
};

}  // namespace redbee
