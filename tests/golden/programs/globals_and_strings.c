// needs: tracepoint
// Global variables and constant strings live in the object's data.
const volatile int limit = 3;
static u64 seen;
BPF_HASH(counts, u32);
TRACEPOINT_PROBE(sched, sched_switch) {
  char *needle = "ruby";
  char comm[16];
  bpf_get_current_comm(comm, sizeof(comm));
  for (int i = 0; i < 4; i++)
    if (comm[i] != needle[i]) return 0;
  if (seen++ < limit) counts.increment(args->prev_pid);
  return 0;
}
