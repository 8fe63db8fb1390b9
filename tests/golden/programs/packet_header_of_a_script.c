// needs: sched_cls
// Headers that BCC does not have are described as it describes its own.
struct sctp_t {
  unsigned short src_port;
  unsigned short dst_port;
  unsigned int tag;
} BPF_PACKET_HEADER;
struct gre_t {
  unsigned int flags : 13;
  unsigned int version : 3;
  unsigned int protocol : 16;
} __attribute__((packed)) __attribute__((deprecated("packet")));
int filter(struct __sk_buff *skb) {
  u8 *cursor = (u8 *)34;
  struct gre_t *gre = cursor_advance(cursor, sizeof(*gre));
  struct sctp_t *sctp = cursor_advance(cursor, sizeof(*sctp));
  if (gre->version != 1 || gre->protocol != 0x880b) return 0;
  sctp->tag = 0;
  return sctp->dst_port;
}
