// The text every program starts with: helper prototypes and src/cc/prelude/*.h, embedded at build
// time.
#pragma once

namespace redbee::cc {
extern const char kPreludeText[];
}  // namespace redbee::cc
