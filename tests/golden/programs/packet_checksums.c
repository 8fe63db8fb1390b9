// needs: sched_cls
#include <bcc/proto.h>
static void readdress(struct __sk_buff *skb, struct ip_t *ip, struct tcp_t *tcp, u32 to) {
  incr_cksum_l4(&tcp->cksum, ip->dst, to, 1);
  incr_cksum_l3(&ip->hchecksum, ip->dst, to);
  ip->dst = to;
}
int rewrite(struct __sk_buff *skb) {
  u8 *cursor = 0;
  struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  struct tcp_t *tcp = cursor_advance(cursor, sizeof(*tcp));
  readdress(skb, ip, tcp, 0x7f000001);
  u16 port = 8080;
  if (incr_cksum_l4(&tcp->cksum, tcp->dst_port, port, 0) < 0) return TC_ACT_SHOT;
  tcp->dst_port = port;
  bpf_l3_csum_replace_(skb, offsetof(struct ip_t, hchecksum) + 14, 1, 2, 2);
  bpf_l4_csum_replace_(skb, 50, 1, 2, 4);
  bpf_dins_pkt(skb, 22, 0, 8, bpf_dext_pkt(skb, 22, 0, 8) & MASK(6));
  return TC_ACT_OK;
}
