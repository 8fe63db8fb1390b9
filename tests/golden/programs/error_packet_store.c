// needs: error
#include <bcc/proto.h>
int filter(struct __sk_buff *skb) {
  u8 *cursor = 0;
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  ip->ttl = 3;
  return 0;
}
