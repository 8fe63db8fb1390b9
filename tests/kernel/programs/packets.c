// Packet headers written by a classifier: packets_test.cc runs these on packets of its own.
#include <bcc/proto.h>

// Sends a UDP packet elsewhere, as a router with address translation does.
int forward(struct __sk_buff *skb) {
  u8 *cursor = 0;
  struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
  if (ethernet->type != ETH_P_IP || ip->nextp != IPPROTO_UDP) return TC_ACT_SHOT;
  ethernet->dst = 0x0a1b2c3d4e5fULL;
  u32 to = 0xc0a80102;
  incr_cksum_l3(&ip->hchecksum, ip->dst, to);
  incr_cksum_l4(&udp->crc, ip->dst, to, 1);
  ip->dst = to;
  u16 port = 5353;
  incr_cksum_l4(&udp->crc, udp->dport, port, 0);
  udp->dport = port;
  u16 before = ip->ttl << 8 | ip->nextp;
  ip->ttl--;
  u16 after = ip->ttl << 8 | ip->nextp;
  incr_cksum_l3(&ip->hchecksum, before, after);
  return TC_ACT_OK;
}

// Each width, each way to assign. The values of the assignments come back as the program's result.
int assign(struct __sk_buff *skb) {
  u8 *cursor = 0;
  struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  struct tcp_t *tcp = cursor_advance(cursor, sizeof(*tcp));
  struct ip6_t *ip6 = (struct ip6_t *)cursor_advance(cursor, sizeof(*ip6));
  struct vxlan_t *vxlan = cursor_advance(cursor, sizeof(*vxlan));
  ethernet->src = 0x112233445566ULL;
  ip->hlen = 6;            // 4 bits beside others
  ip->df = 1;              // 1 bit
  ip->foffset = 0x1234;    // 13 bits, the last of 16
  ip->tlen += 0x100;
  ip->identification ^= 0xffff;
  ip->tos |= 0x80;
  ip->src = 0x01020304;
  tcp->flag_syn = 0;
  tcp->flag_fin = 1;
  tcp->seq_num -= 1;
  u32 old = tcp->urg_ptr++;
  u32 now = --tcp->rcv_wnd;
  ip6->flow_label = 0x54321;                // 20 bits, the last of 32
  ip6->src_hi = 0x0102030405060708ULL;
  vxlan->key = 0xfedcba;                    // 24 bits
  u32 wide = 0x76, cut = ip->ver = wide;    // what fits: 6
  return old << 24 | now << 8 | cut;
}
