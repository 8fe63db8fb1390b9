// Stacks as one text each; shared by `report --format folded` and `diff --format folded`.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "profiler/profile/profile.h"
#include "profiler/profile/summary.h"

namespace redbee::profiler {

// "outermost;…;innermost" → weight.
std::map<std::string, uint64_t> fold(const Profile& profile, uint16_t event, Detail detail);

}  // namespace redbee::profiler
