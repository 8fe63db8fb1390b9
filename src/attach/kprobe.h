// Steps of kprobe attachment that its tests and attach_kprobe_best share.
#pragma once

#include <string>

#include "redbee/link.h"

namespace redbee {

// Attaches an already loaded program.
Result<Link> attach_kprobe_program(int program_fd, const KprobeOptions& options);
// Removes tracefs events that processes killed before their clean-up left behind.
void sweep_stale_kprobe_events();

}  // namespace redbee
