// needs: sched_cls
#include <uapi/linux/pkt_cls.h>
int block_dns(struct __sk_buff *skb) {
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct ethhdr *eth = data;
  struct iphdr *ip = data + sizeof(*eth);
  if ((void *)(ip + 1) > end) return TC_ACT_OK;
  if (eth->h_proto != bpf_htons(ETH_P_IP)) return TC_ACT_OK;
  return ip->protocol == IPPROTO_UDP ? TC_ACT_SHOT : TC_ACT_OK;
}
