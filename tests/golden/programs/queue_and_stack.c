// needs: tracepoint
BPF_QUEUE(queue, u64, 16);
struct pair { u32 a, b; };
BPF_STACK(stack, struct pair, 8, 0);
TRACEPOINT_PROBE(sched, sched_switch) {
  u64 value = args->prev_pid, top;
  queue.push(&value, BPF_EXIST);
  if (queue.peek(&top) == 0) queue.pop(&top);
  struct pair pair = {1, 2};
  stack.push(&pair, 0);
  stack.pop(&pair);
  return 0;
}
