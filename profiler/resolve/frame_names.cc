#include "profiler/resolve/frame_names.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "profiler/resolve/line_table.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using enum LayoutField;

constexpr size_t kMaxEntries = 1 << 17;
constexpr int kMaxClauseDepth = 4;
constexpr uint64_t kKindFlags = 0xf01f;  // the type of an object, and of an internal one
constexpr uint64_t kDefinitionFunction = 8;  // rb_method_definition_t.body.cfunc.func, in every Ruby

bool is_c_frame(const rb_frame& frame) { return frame.code >> RB_FRAME_KIND_SHIFT == rb_frame_c; }
uint64_t address_of(const rb_frame& frame) { return frame.code & RB_FRAME_ADDRESS_MASK; }

// Never one that another process's name has, or had: processes come and go.
uint64_t new_serial() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

template <size_t N>
std::string kernel_text(const char (&bytes)[N], uint16_t length) {
  return std::string(bytes, std::min<size_t>(length, N));
}

bool is_cut(const rb_name& name) {
  return name.path_length > sizeof name.path || name.label_length > sizeof name.label ||
         name.base_label_length > sizeof name.base_label;
}

}  // namespace

FrameNames::FrameNames(const Layout& layout, uint64_t global_symbols, std::unique_ptr<Memory> memory)
    : layout_(layout),
      global_symbols_(global_symbols),
      memory_(std::move(memory)),
      objects_(*memory_, layout_),
      symbols_(*memory_, layout_, global_symbols),
      classes_(*memory_, layout_, symbols_) {}

std::unique_ptr<FrameNames> FrameNames::of(const RubyProcess& ruby) {
  return std::make_unique<FrameNames>(ruby.layout(), ruby.roots().global_symbols.address,
                                      std::make_unique<ProcessMemory>(ruby.pid()));
}

std::unique_ptr<FrameNames> FrameNames::for_fork(std::unique_ptr<Memory> memory) const {
  auto child = std::make_unique<FrameNames>(layout_, global_symbols_, std::move(memory));
  child->cache_ = cache_;
  child->methods_ = methods_;
  return child;
}

FrameNames::Fingerprint FrameNames::fingerprint(const rb_frame& frame) const {
  Fingerprint print;
  if (is_c_frame(frame)) {
    // flags, defined_class, def, called_id; of the flags what it is, not what the collector notes.
    if (memory_->read(address_of(frame), print.words, sizeof print.words)) print.words[0] &= kKindFlags;
    return print;
  }
  const uint64_t body = memory_->pointer(address_of(frame) + layout_[iseq_body]);
  print.words[0] = body;
  print.words[1] = memory_->pointer(body + layout_[body_iseq_encoded]);
  memory_->read(body + layout_[body_location], &print.words[2], 16);
  return print;
}

void FrameNames::learn(const rb_name& name) {
  if (cache_.size() >= kMaxEntries) cache_.clear();
  const rb_frame frame{name.iseq & RB_FRAME_ADDRESS_MASK, name.pc};
  FrameName fresh = from_kernel(name);
  if (is_cut(name)) {
    FrameName whole = read_ruby_name(frame);
    if (whole.is_known && whole.label.starts_with(fresh.label) && whole.path.starts_with(fresh.path)) {
      whole.method = fresh.method;
      fresh = std::move(whole);
    }
  }
  keep(&cache_[Key{frame.code, frame.pc}], std::move(fresh), frame, name.gc_epoch);
}

void FrameNames::learn(const rb_c_name& name) {
  if (cache_.size() >= kMaxEntries) cache_.clear();
  const rb_frame frame{(name.method & RB_FRAME_ADDRESS_MASK) | uint64_t{rb_frame_c} << RB_FRAME_KIND_SHIFT, 0};
  FrameName fresh = make_c_name(name.original_id, name.owner);
  if (fresh.is_known) keep(&cache_[Key{frame.code, 0}], std::move(fresh), frame, name.gc_epoch);
}

// The same name keeps its serial, and with it everything that was derived from it.
void FrameNames::keep(Entry* entry, FrameName fresh, const rb_frame& frame, uint32_t gc_epoch) {
  entry->gc_epoch = gc_epoch;
  if (entry->name) fresh.serial = entry->name->serial;
  if (entry->name && *entry->name == fresh) return;
  fresh.serial = new_serial();
  entry->name = std::make_shared<const FrameName>(std::move(fresh));
  entry->fingerprint = fingerprint(frame);
}

FrameName FrameNames::from_kernel(const rb_name& name) {
  FrameName result;
  result.is_known = true;
  result.path = kernel_text(name.path, name.path_length);
  result.label = kernel_text(name.label, name.label_length);
  result.base_label = kernel_text(name.base_label, name.base_label_length);
  result.line = name.line;
  result.iseq_type = static_cast<int>(name.iseq_type);
  set_method(&result, name.owner);
  if (methods_.size() > kMaxEntries) methods_.clear();
  methods_[name.iseq & RB_FRAME_ADDRESS_MASK] = result.method;
  return result;
}

FrameNamePtr FrameNames::name(const rb_frame& frame, uint32_t gc_epoch, bool is_checked) {
  if (cache_.size() >= kMaxEntries) cache_.clear();
  Entry& entry = cache_[Key{frame.code, frame.pc}];
  const bool is_known = entry.name && entry.name->is_known;
  if (is_known && (is_checked || entry.gc_epoch == gc_epoch)) {
    entry.gc_epoch = gc_epoch;
    return entry.name;
  }
  const Fingerprint now = fingerprint(frame);
  // All zero: the process is gone, and what it was called then is all there is.
  if (!is_known || (now != entry.fingerprint && now != Fingerprint{})) {
    FrameName fresh = read_name(frame);
    // Freed, moved or unmapped since the sample. Code that had taken its place by then would have been
    // named by the kernel: it compares what it sees in each epoch.
    if (is_known && !fresh.is_known) return entry.name;
    fresh.serial = new_serial();
    entry.name = std::make_shared<const FrameName>(std::move(fresh));
    entry.fingerprint = now;
  }
  entry.gc_epoch = gc_epoch;
  return entry.name;
}

FrameName FrameNames::read_name(const rb_frame& frame) {
  return is_c_frame(frame) ? read_c_name(address_of(frame)) : read_ruby_name(frame);
}

std::string FrameNames::path_text(uint64_t pathobj) const {
  if (auto text = objects_.string(pathobj)) return *text;
  if (const auto pair = objects_.array(pathobj); pair && pair->count)
    return objects_.string(memory_->pointer(pair->address)).value_or("");
  return {};
}

FrameName FrameNames::read_ruby_name(const rb_frame& frame) {
  FrameName name;
  const uint64_t iseq = address_of(frame);
  if (!objects_.is_imemo(iseq, ImemoType::iseq)) return name;
  const uint64_t body = memory_->pointer(iseq + layout_[iseq_body]);
  uint64_t location[3];  // pathobj, base_label, label
  if (!body || !memory_->read(body + layout_[body_location], location, sizeof location)) return name;
  const auto base_label = objects_.string(location[1]);
  const auto label = objects_.string(shown_label(body, location[2]));
  if (!base_label || !label) return name;
  name.is_known = true;
  name.base_label = *base_label;
  name.label = *label;
  name.path = path_text(location[0]);
  name.line = find_line(*memory_, layout_, body, frame.pc);
  name.iseq_type = static_cast<int>(memory_->get<uint32_t>(body + layout_[body_type]).value_or(0) & 0xff);
  const auto known = methods_.find(iseq);
  name.method = known != methods_.end() ? known->second : name.base_label;
  return name;
}

FrameName FrameNames::read_c_name(uint64_t method) {
  if (!objects_.is_imemo(method, ImemoType::method_entry)) {
    FrameName unknown;
    unknown.is_c = true;
    return unknown;
  }
  const uint64_t definition = memory_->pointer(method + layout_[method_def]);
  return make_c_name(memory_->pointer(definition + layout_[definition_original_id]), owner_of(method));
}

FrameName FrameNames::make_c_name(uint64_t id, uint64_t owner) {
  FrameName name;
  name.is_c = true;
  const auto text = symbols_.name(id);
  name.is_known = text.has_value();
  name.label = name.base_label = text.value_or("(C function)");
  set_method(&name, owner);
  return name;
}

uint64_t FrameNames::owner_of(uint64_t method) const {
  return memory_->pointer(method + layout_[method_owner]);
}

void FrameNames::set_method(FrameName* name, uint64_t owner) {
  name->method = name->base_label;
  // "<main>", "<class:Foo>" and code evaluated outside of methods are not methods.
  if (!owner || name->base_label.starts_with('<')) return;
  const std::string qualifier = classes_.qualifier(owner);
  name->has_class = !qualifier.empty();
  name->method.insert(0, qualifier);
}

uint64_t FrameNames::interpreter(const rb_frame& frame) const {
  if (is_c_frame(frame)) return 0;
  const uint64_t body = memory_->pointer(address_of(frame) + layout_[iseq_body]);
  return memory_->pointer(memory_->pointer(body + layout_[body_iseq_encoded]));
}

uint64_t FrameNames::c_function(const rb_frame& frame) const {
  if (!is_c_frame(frame)) return 0;
  return memory_->pointer(memory_->pointer(address_of(frame) + layout_[method_def]) + kDefinitionFunction);
}

// As rb_shown_label of the walker.
uint64_t FrameNames::shown_label(uint64_t body, uint64_t label) const {
  if (layout_.version() < ruby_version(3, 4)) return label;
  for (int depth = 0; depth < kMaxClauseDepth; ++depth) {
    const auto type = static_cast<IseqType>(memory_->get<uint32_t>(body).value_or(0) & 0xff);
    if (type != IseqType::rescue && type != IseqType::ensure && type != IseqType::eval) break;
    body = memory_->pointer(memory_->pointer(body + layout_[body_parent_iseq]) + layout_[iseq_body]);
    if (!body) break;
    label = memory_->pointer(body + layout_[body_location] + 16);
  }
  return label;
}

}  // namespace redbee::profiler
