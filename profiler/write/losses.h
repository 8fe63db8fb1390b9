// What a report must say about samples that are not in it.
#pragma once

#include <string>

#include "profiler/profile/profile.h"

namespace redbee::profiler {

// {"redbee":{"delivered":N,"lost":N,"skipped":N,…}}, the last object of the machine formats.
// `lost` and `skipped` are null when the recorder did not live to tell.
std::string losses_json(const Profile& profile);
// The object inside it.
std::string losses_object(const Profile& profile);
// For people: empty when nothing was lost, skipped, truncated, damaged or filtered out.
std::string describe_losses(const Profile& profile);

}  // namespace redbee::profiler
