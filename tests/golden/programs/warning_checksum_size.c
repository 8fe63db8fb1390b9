// needs: sched_cls
#include <bcc/proto.h>
int rewrite(struct __sk_buff *skb) {
  u8 *cursor = (u8 *)14;
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  u8 ttl = 3;
  incr_cksum_l3(&ip->hchecksum, ip->ttl, ttl);
  return 0;
}
