// needs: socket_filter
// disasm
// Members of packet headers are read from the packet in network bit order.
#include <bcc/proto.h>
int filter(struct __sk_buff *skb) {
  u8 *cursor = 0;
  struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
  if (ethernet->type != 0x0800) return 0;
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  if (ip->nextp != IPPROTO_TCP) return 0;
  u32 header = ip->hlen << 2;
  struct tcp_t *tcp = cursor_advance(cursor, sizeof(*tcp));
  if (tcp->flag_syn && ip->src != 0x0a000001) return -1;
  return tcp->dst_port == 80 && load_byte(skb, 14 + header) == 'G';
}
