// needs: lsm
struct event { int family; };
BPF_PERF_OUTPUT(events);
LSM_PROBE(socket_create, int family, int type, int protocol, int kern) {
  struct event event = {.family = family};
  if (family != AF_ALG) return 0;
  events.perf_submit(ctx, &event, sizeof(event));
  return -EPERM;
}
