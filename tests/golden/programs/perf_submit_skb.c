// needs: sched_cls
struct meta { u32 length; };
BPF_PERF_OUTPUT(packets);
int handle(struct __sk_buff *skb) {
  struct meta meta = {.length = skb->len};
  packets.perf_submit_skb(skb, 32, &meta, sizeof(meta));
  return TC_ACT_OK;
}
