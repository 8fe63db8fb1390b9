// needs: socket_filter
#include <bcc/proto.h>
int filter(struct __sk_buff *skb) {
  u8 *cursor = 0;
  struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
  if (ethernet->src == 0x020000000001ULL) return -1;
  struct dot1q_t *tag = cursor_advance(cursor, sizeof(*tag));
  struct arp_t *arp = cursor_advance(cursor, sizeof(*arp));
  return tag->vlanid == 7 && arp->oper == 1 && arp->spa != load_word(skb, 30) && load_half(skb, 12) == tag->type;
}
