// needs: sched_cls
// disasm
// Assignments to members of packet headers write the packet, in network order; the bits beside stay.
#include <bcc/proto.h>
int rewrite(struct __sk_buff *skb) {
  u8 *cursor = 0;
  struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  struct tcp_t *tcp = cursor_advance(cursor, sizeof(*tcp));
  ethernet->dst = ethernet->src;
  ip->ttl = 5;
  ip->mf = 0;
  ip->tlen += 4;
  tcp->dst_port = 443;
  return tcp->rcv_wnd--;
}
