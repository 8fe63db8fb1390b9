// What the kernel does not take back by itself when a process is killed.
#include "redbee/link.h"
#include "src/attach/clsact.h"
#include "src/attach/kprobe.h"

namespace redbee {

Result<size_t> sweep_dead_attachments() {
  return sweep_dead_kprobe_events() + TRY(sweep_dead_filters_everywhere());
}

}  // namespace redbee
