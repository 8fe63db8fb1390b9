// needs: socket_filter
#include <bcc/proto.h>
int filter(struct __sk_buff *skb) {
  u8 *cursor = (u8 *)14;
  struct ip_t *ip = (struct ip_t *)cursor;
  struct ip6_t *ip6 = (struct ip6_t *)cursor;
  struct arp_t *arp = (struct arp_t *)cursor;
  if (ip->ver == 4) cursor_advance(cursor, sizeof(*ip));
  else if (ip6->ver == 6) cursor_advance(cursor, sizeof(*ip6));
  else return arp->tha == load_dword(skb, 0) >> 16;
  struct icmp_t *icmp = (struct icmp_t *)cursor;
  struct icmp6_t *icmp6 = (struct icmp6_t *)cursor;
  if (ip->nextp == 1 || ip6->next_header == IPPROTO_ICMPV6) return icmp->type + icmp6->code;
  struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
  struct vxlan_t *vxlan = (struct vxlan_t *)cursor;
  struct vxlan_gbp_t *gbp = (struct vxlan_gbp_t *)cursor;
  if (udp->dport != 4789 || !vxlan->iflag) return 0;
  return gbp->gflag ? gbp->tag : vxlan->key;
}
