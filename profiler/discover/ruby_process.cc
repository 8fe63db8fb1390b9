#include "profiler/discover/ruby_process.h"

#include "profiler/discover/debug_info.h"
#include "profiler/discover/global_symbols.h"
#include "profiler/discover/live_checks.h"
#include "profiler/unwind/host_walk.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using enum LayoutField;

std::vector<uint64_t> thread_pointers(const std::vector<rb_task>& threads) {
  std::vector<uint64_t> pointers;
  for (const rb_task& thread : threads)
    if (thread.thread_pointer) pointers.push_back(thread.thread_pointer);
  return pointers;
}

std::vector<uint64_t> find_contexts(const Memory& memory, const rb_process& facts,
                                    const std::vector<uint64_t>& pointers) {
  std::vector<uint64_t> contexts;
  for (uint64_t pointer : pointers)
    if (const uint64_t ec = find_execution_context(memory, facts, pointer)) contexts.push_back(ec);
  return contexts;
}

// The walker in the kernel has these as constants; every Ruby from 2.6 to 4.0 agrees.
Status check_walker_constants(const Layout& layout) {
  const std::pair<LayoutField, int64_t> expected[] = {
      {ec_vm_stack, 0}, {ec_vm_stack_size, 8}, {ec_cfp, 16}, {cfp_pc, 0}, {cfp_iseq, 16},
      {cfp_ep, 32},     {iseq_body, 16},       {body_iseq_encoded, 8},    {body_location, 64}};
  for (const auto& [field, value] : expected)
    if (layout[field] != value)
      return fail(Errc::not_supported,
                  cat("Ruby ", layout.version().text(), " has ", field_label(field), " at ", layout[field],
                      "; rbperf's walker needs it at ", value));
  return {};
}

}  // namespace

Result<RubyProcess> RubyProcess::inspect(pid_t pid, RubyBinary found, const std::vector<rb_task>& threads,
                                         const InspectOptions& options) {
  RubyProcess ruby;
  ruby.pid_ = pid;
  ruby.kernel_pid_ = threads.empty() ? static_cast<uint32_t>(pid) : threads.front().pid;
  ruby.binary_ = std::make_unique<RubyBinary>(std::move(found));
  ruby.memory_ = std::make_unique<ProcessMemory>(pid);
  const RubyBinary& binary = *ruby.binary_;
  const Memory& memory = *ruby.memory_;
  ruby.layout_ = std::make_unique<Layout>(
      TRY(Layout::of_version(binary.version)));
  Layout& layout = *ruby.layout_;
  if (!Layout::is_patch_level_known(binary.version))
    ruby.remarks_.push_back(cat("patch release ", binary.version.text(),
                                " is newer than the table: its values were checked on the process"));
  apply_debug_info(binary.image, &layout);
  ruby.roots_ = find_roots(memory, binary.image, binary.bias, &layout);
  if (!options.offsets_file.empty()) TRY(apply_offsets_file(options.offsets_file, &layout));
  TRY(check_walker_constants(layout));
  if (ruby.roots_.ec.location == rb_ec_nowhere)
    return fail(Errc::not_supported,
                cat("process ", pid, ": ", binary.path, " (Ruby ", binary.version.text(),
                    "): the current execution context was found neither by symbol nor in the code of "
                    "rb_errinfo and rb_thread_current"));
  if (ruby.roots_.vm_pointer.address) ruby.vm_ = memory.pointer(ruby.roots_.vm_pointer.address);
  const std::vector<uint64_t> pointers = thread_pointers(threads);
  settle_ec_location(memory, pointers, layout, ruby.vm_, &ruby.roots_.ec);
  const std::vector<uint64_t> contexts = find_contexts(memory, ruby.facts(), pointers);
  if (contexts.empty())
    return fail(Errc::not_found, cat("process ", pid, ": no thread runs Ruby code (yet)"));
  CheckOutcome outcome = check_layout(memory, contexts, &layout);
  ruby.remarks_.insert(ruby.remarks_.end(), outcome.remarks.begin(), outcome.remarks.end());
  if (!outcome.is_usable)
    return fail(Errc::not_supported,
                cat("process ", pid, " (Ruby ", binary.version.text(), "): ", outcome.failure,
                    "; give the right value with --ruby-offsets FILE"));
  if (!ruby.vm_) {
    ruby.vm_ = memory.pointer(memory.pointer(contexts.front() + layout[ec_thread_ptr]) + layout[thread_vm]);
    ruby.roots_.vm_pointer.how = "ec->thread_ptr->vm";
  }
  if (ruby.vm_ && layout.has(vm_objspace)) ruby.objspace_ = memory.pointer(ruby.vm_ + layout[vm_objspace]);
  if (ruby.objspace_) check_gc_counts(memory, ruby.objspace_, &layout);
  if (!ruby.roots_.global_symbols.address) {
    const uint64_t found = scan_for_global_symbols(memory, layout, binary.image, binary.bias);
    if (found)
      ruby.roots_.global_symbols = {found, FactSource::scan, "writable data of the same shape, names an ID"};
    else
      ruby.remarks_.push_back("ruby_global_symbols was not found: C functions have no names");
  }
  return ruby;
}

rb_process RubyProcess::facts() const {
  const Layout& layout = *layout_;
  const auto narrow = [&](LayoutField field) { return static_cast<uint16_t>(layout[field]); };
  rb_process facts = {};
  facts.tls_offset = roots_.ec.tls_offset;
  facts.global_ec = roots_.ec.global_ec;
  facts.ec_location = roots_.ec.location;
  facts.tls_module = roots_.ec.tls_module;
  facts.pthread_slot = roots_.ec.pthread_slot;
  if (objspace_ && layout.has(objspace_flags)) {
    facts.gc_flags = objspace_ + layout[objspace_flags];
    facts.during_gc_mask = static_cast<uint32_t>(layout[objspace_during_gc_mask]);
  }
  if (objspace_ && layout.has(objspace_gc_count))
    facts.gc_count = objspace_ + layout[objspace_gc_count];
  if (facts.gc_count && layout.has(objspace_major_gc_count)) {
    const int64_t words = (layout[objspace_gc_count] - layout[objspace_major_gc_count]) / 8;
    facts.gc_major_words = words > 0 && words < RB_GC_COUNTS - 1 ? static_cast<uint8_t>(words) : 0;
    facts.gc_old_flags = layout.version() >= ruby_version(3, 3) ? 1 << 5 : 3 << 5;  // FL_PROMOTED
  }
  facts.cfp_size = narrow(cfp_size);
  facts.ec_thread_ptr = narrow(ec_thread_ptr);
  facts.ec_fiber_ptr = narrow(ec_fiber_ptr);
  facts.thread_ec = narrow(thread_ec);
  facts.thread_pthread = layout.has(thread_pthread) ? narrow(thread_pthread) : 0;
  facts.body_insns_info = narrow(body_insns_info);
  facts.insn_info_size = narrow(insn_info_size);
  facts.string_embedded = narrow(string_embedded);
  if (layout.version() >= ruby_version(3, 4)) facts.body_parent_iseq = narrow(body_parent_iseq);
  if (layout.has(thread_ractor) && layout.has(ractor_id)) {
    facts.thread_ractor = narrow(thread_ractor);
    facts.ractor_running_ec = layout.has(ractor_running_ec) ? narrow(ractor_running_ec) : 0;
    facts.ractor_id = narrow(ractor_id);
  }
  return facts;
}

}  // namespace redbee::profiler
