// needs: tracepoint
struct event { char constant[16]; char text[64]; char whole[300]; int where; };
BPF_PERCPU_ARRAY(scratch, struct event, 1);
TRACEPOINT_PROBE(sched, sched_process_exec) {
  int zero = 0;
  struct event *event = scratch.lookup(&zero);
  if (!event) return 0;
  TP_DATA_LOC_READ_CONST(event->constant, filename, 16)
  TP_DATA_LOC_READ_STR(event->text, filename, 64);
  TP_DATA_LOC_READ(event->whole, filename);
  event->where = args->data_loc_filename;
  return 0;
}
