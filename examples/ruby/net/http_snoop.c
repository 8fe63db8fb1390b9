/* Which TCP packets carry the first bytes of an HTTP message? The filter only decides what the socket
   sees: 0 drops the packet's copy, -1 keeps all of it. Nothing is taken from the network. */
#include <bcc/proto.h>

int http_filter(struct __sk_buff *skb) {
  u8 *cursor = 0;

  struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
  if (ethernet->type != 0x0800)
    return 0;

  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  if (ip->nextp != 6 /* TCP */)
    return 0;
  u32 ip_header = ip->hlen << 2;
  u32 ip_total = ip->tlen;
  if (ip_header < sizeof(*ip))
    return 0;
  /* options of the IP header */
  void *options = cursor_advance(cursor, (ip_header - sizeof(*ip)));

  struct tcp_t *tcp = cursor_advance(cursor, sizeof(*tcp));
  u32 tcp_header = tcp->offset << 2;
  u32 payload = 14 /* Ethernet */ + ip_header + tcp_header;
  if (ip_total < ip_header + tcp_header + 7)
    return 0;

  char p[7];
  for (int i = 0; i < 7; i++)
    p[i] = load_byte(skb, payload + i);

  if (p[0] == 'H' && p[1] == 'T' && p[2] == 'T' && p[3] == 'P')
    return -1;
  if (p[0] == 'G' && p[1] == 'E' && p[2] == 'T')
    return -1;
  if (p[0] == 'P' && p[1] == 'O' && p[2] == 'S' && p[3] == 'T')
    return -1;
  if (p[0] == 'P' && p[1] == 'U' && p[2] == 'T')
    return -1;
  if (p[0] == 'D' && p[1] == 'E' && p[2] == 'L' && p[3] == 'E' && p[4] == 'T' && p[5] == 'E')
    return -1;
  if (p[0] == 'H' && p[1] == 'E' && p[2] == 'A' && p[3] == 'D')
    return -1;
  return 0;
}
