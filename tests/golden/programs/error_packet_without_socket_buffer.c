// needs: error
#include <bcc/proto.h>
int drop(struct xdp_md *ctx) {
  u8 *cursor = (u8 *)14;
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  if (ip->ttl > 1) ip->ttl = 1;
  incr_cksum_l3(&ip->hchecksum, ip->src, ip->dst);
  return XDP_PASS;
}
