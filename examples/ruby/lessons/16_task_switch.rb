# Lesson 16: who gives the CPU to whom, counted in the kernel under a key of two numbers.
# Older tutorials probe finish_task_switch(), which compilers rename (.isra.0); the scheduler's own
# tracepoint says the same and stays.
#   sudo ruby 16_task_switch.rb [SECONDS]
require "rbbcc"
include RbBCC

b = BCC.new(text: <<~CLANG)
  struct key_t {
    u32 prev_pid;
    u32 curr_pid;
  };
  BPF_HASH(stats, struct key_t, u64, 10240);

  TRACEPOINT_PROBE(sched, sched_switch) {
    struct key_t key = {};
    u64 zero = 0, *val;
    key.prev_pid = args->prev_pid;
    key.curr_pid = args->next_pid;
    val = stats.lookup_or_try_init(&key, &zero);
    if (val)
      (*val)++;
    return 0;
  }
CLANG

sleep Float(ARGV[0] || 5)
b["stats"].each do |key, value|
  puts format("task_switch[%5d->%5d]=%d", key.prev_pid, key.curr_pid, value.to_bcc_value)
end
