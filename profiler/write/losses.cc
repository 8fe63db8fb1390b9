#include "profiler/write/losses.h"

#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

class ObjectText {
 public:
  void add(std::string_view key, uint64_t value) { add_text(key, std::to_string(value)); }
  void add_text(std::string_view key, std::string_view value) {
    if (text_.size() > 1) text_ += ',';
    view::append_json(text_, key);
    text_ += cat(":", value);
  }
  std::string take() { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

void add_part(std::string& out, const std::string& part) {
  if (!out.empty()) out += "; ";
  out += part;
}

}  // namespace

std::string losses_object(const Profile& profile) {
  const Recording& recording = *profile.recording;
  ObjectText object;
  object.add("delivered", profile.samples.size());
  if (recording.totals) {
    object.add("lost", recording.totals->lost);
    object.add("skipped", recording.totals->skipped);
    for (const auto& [cause, count] : recording.totals->by_cause) object.add(cause, count);
  } else {
    object.add_text("lost", "null");
    object.add_text("skipped", "null");
  }
  if (profile.filtered_out()) object.add("filtered_out", profile.filtered_out());
  if (recording.damage.blocks) {
    object.add("damaged_blocks", recording.damage.blocks);
    object.add("damaged_bytes", recording.damage.bytes);
  }
  if (recording.damage.is_cut_short) object.add_text("cut_short", "true");
  return object.take();
}

std::string losses_json(const Profile& profile) {
  return cat("{\"redbee\":", losses_object(profile), "}");
}

std::string describe_losses(const Profile& profile) {
  const Recording& recording = *profile.recording;
  std::string out;
  if (profile.filtered_out()) add_part(out, cat(profile.filtered_out(), " filtered out"));
  if (recording.totals) {
    if (recording.totals->lost) add_part(out, cat(recording.totals->lost, " lost"));
    if (recording.totals->skipped) add_part(out, cat(recording.totals->skipped, " skipped"));
    for (const auto& [cause, count] : recording.totals->by_cause) {
      if (count) add_part(out, cat(count, " ", view::printable(cause)));
    }
  }
  if (!recording.damage.is_none()) add_part(out, recording.damage.describe());
  return out;
}

}  // namespace redbee::profiler
