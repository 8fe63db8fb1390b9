// Several recordings as one: names, frames and stacks are shared, events and statuses matched by
// name, and times moved onto the clock of the recording that began first.
#pragma once

#include <string>
#include <vector>

#include "profiler/recording/reader.h"

namespace redbee::profiler {

// When the sampling rates differ, timed samples become nanoseconds, so that a sample of one weighs
// against one of the other what it should.
Recording merge_recordings(std::vector<Recording> recordings);

// Writes a Recording as a file; an existing one is moved aside, as RecordingWriter does, and
// its new name returned.
Result<std::optional<std::string>> write_recording(const std::string& path,
                                                   const Recording& recording);

}  // namespace redbee::profiler
