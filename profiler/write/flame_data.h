// Profiles as data of the flame graph page.
#pragma once

#include "profiler/profile/profile.h"
#include "view/flame_graph.h"

namespace redbee::profiler {

// The graph's frames refer to texts of the profile's recording, which must outlive it.
view::FlameGraph flame_graph_of(const Profile& profile, std::string title);
// Two parts of one recording, and the whole of both.
view::FlameGraph flame_difference(const Profile& both,
                                  const Profile& before,
                                  const Profile& after,
                                  std::string title);

}  // namespace redbee::profiler
