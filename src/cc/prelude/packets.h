// Packet headers of networking scripts. A pointer to one of these is an offset into the packet,
// not an address: reading a member reads the packet, writing one writes it, in host byte order. Bits
// are numbered as on the wire, the first one declared being the most significant.
#define REDBEE_PACKET __attribute__((packed, annotate("redbee.packet")))
#define BPF_PACKET_HEADER REDBEE_PACKET
#define cursor_advance(cursor, length)       \
  ({                                         \
    void *redbee_at = (void *)(cursor);      \
    (cursor) += (length);                    \
    redbee_at;                               \
  })

struct ethernet_t {
  unsigned long long dst : 48;
  unsigned long long src : 48;
  unsigned int type : 16;
} REDBEE_PACKET;
struct dot1q_t {
  unsigned short pri : 3;
  unsigned short cfi : 1;
  unsigned short vlanid : 12;
  unsigned short type;
} REDBEE_PACKET;
struct arp_t {
  unsigned short htype;
  unsigned short ptype;
  unsigned char hlen;
  unsigned char plen;
  unsigned short oper;
  unsigned long long sha : 48;
  unsigned int spa;
  unsigned long long tha : 48;
  unsigned int tpa;
} REDBEE_PACKET;
struct ip_t {
  unsigned char ver : 4;
  unsigned char hlen : 4;
  unsigned char tos;
  unsigned short tlen;
  unsigned short identification;
  unsigned short ffo_unused : 1;
  unsigned short df : 1;
  unsigned short mf : 1;
  unsigned short foffset : 13;
  unsigned char ttl;
  unsigned char nextp;
  unsigned short hchecksum;
  unsigned int src;
  unsigned int dst;
} REDBEE_PACKET;
struct ip6_t {
  unsigned int ver : 4;
  unsigned int priority : 8;
  unsigned int flow_label : 20;
  unsigned short payload_len;
  unsigned char next_header;
  unsigned char hop_limit;
  unsigned long long src_hi;
  unsigned long long src_lo;
  unsigned long long dst_hi;
  unsigned long long dst_lo;
} REDBEE_PACKET;
struct icmp_t {
  unsigned char type;
  unsigned char code;
  unsigned short checksum;
} REDBEE_PACKET;
struct icmp6_t {
  unsigned char type;
  unsigned char code;
  unsigned short checksum;
} REDBEE_PACKET;
struct udp_t {
  unsigned short sport;
  unsigned short dport;
  unsigned short length;
  unsigned short crc;
} REDBEE_PACKET;
struct tcp_t {
  unsigned short src_port;
  unsigned short dst_port;
  unsigned int seq_num;
  unsigned int ack_num;
  unsigned char offset : 4;
  unsigned char reserved : 4;
  unsigned char flag_cwr : 1;
  unsigned char flag_ece : 1;
  unsigned char flag_urg : 1;
  unsigned char flag_ack : 1;
  unsigned char flag_psh : 1;
  unsigned char flag_rst : 1;
  unsigned char flag_syn : 1;
  unsigned char flag_fin : 1;
  unsigned short rcv_wnd;
  unsigned short cksum;
  unsigned short urg_ptr;
} REDBEE_PACKET;
struct vxlan_t {
  unsigned int rsv1 : 4;
  unsigned int iflag : 1;
  unsigned int rsv2 : 3;
  unsigned int rsv3 : 24;
  unsigned int key : 24;
  unsigned int rsv4 : 8;
} REDBEE_PACKET;
struct vxlan_gbp_t {
  unsigned int gflag : 1;
  unsigned int rsv1 : 3;
  unsigned int iflag : 1;
  unsigned int rsv2 : 3;
  unsigned int rsv3 : 1;
  unsigned int dflag : 1;
  unsigned int rsv4 : 1;
  unsigned int aflag : 1;
  unsigned int rsv5 : 3;
  unsigned int rsv6 : 1;
  unsigned int tag : 16;
  unsigned int key : 24;
  unsigned int rsv7 : 8;
} REDBEE_PACKET;

// A packet is addressed in bits from byte `at`, the most significant first; values have the host's
// byte order. Calls of these are made by packet_access.cc: everything but skb, at and the value is
// constant and folds.
REDBEE_INLINE u64 redbee_packet_load(void *skb, u64 at, u64 width) {
  return width == 8    ? load_byte(skb, at)
         : width == 16 ? load_half(skb, at)
         : width == 32 ? load_word(skb, at)
                       : load_dword(skb, at);
}
REDBEE_INLINE void redbee_packet_store(void *skb, u64 at, u64 width, u64 value) {
  u64 bytes = __builtin_bswap64(value << (64 - width));
  bpf_skb_store_bytes(skb, at, &bytes, width / 8, 0);
}
REDBEE_INLINE u64 redbee_packet_width(u64 bits) {
  return bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
}
REDBEE_INLINE u64 redbee_packet_read(void *skb, u64 at, u64 bit, u64 bits) {
  u64 width = redbee_packet_width(bit + bits);
  return redbee_packet_load(skb, at, width) >> (width - bit - bits) & MASK(bits);
}
// The value as the packet then holds it.
REDBEE_INLINE u64 redbee_packet_write(void *skb, u64 at, u64 bit, u64 bits, u64 value) {
  value &= MASK(bits);
  if (bit == 0 && bits % 8 == 0) {
    redbee_packet_store(skb, at, bits, value);
    return value;
  }
  u64 width = redbee_packet_width(bit + bits), shift = width - bit - bits;
  u64 others = redbee_packet_load(skb, at, width) & ~(MASK(bits) << shift);
  redbee_packet_store(skb, at, width, others | value << shift);
  return value;
}
REDBEE_INLINE u64 redbee_packet_add(void *skb, u64 at, u64 bit, u64 bits, u64 by, u64 is_postfix) {
  u64 before = redbee_packet_read(skb, at, bit, bits);
  u64 after = redbee_packet_write(skb, at, bit, bits, before + by);
  return is_postfix ? before : after;
}
#define bpf_dext_pkt(skb, at, bit, bits) redbee_packet_read(skb, at, bit, bits)
#define bpf_dins_pkt(skb, at, bit, bits, value) \
  ((void)redbee_packet_write(skb, at, bit, bits, value))

// Checksums: `from` and `to` in the host's byte order, which the kernel's helpers want in the
// packet's. How wide the changed value is, 2 or 4 bytes, is the type of the new one.
REDBEE_INLINE u64 redbee_wire_order(u64 value, u64 size) {
  return size == 2   ? __builtin_bswap16(value)
         : size == 4 ? __builtin_bswap32(value)
         : size == 8 ? __builtin_bswap64(value)
                     : value;
}
REDBEE_INLINE int redbee_cksum_l3(void *skb, u64 at, u64 from, u64 to, u64 flags) {
  u64 size = flags & 0xf;
  return bpf_l3_csum_replace(skb, at, redbee_wire_order(from, size), redbee_wire_order(to, size), flags);
}
REDBEE_INLINE int redbee_cksum_l4(void *skb, u64 at, u64 from, u64 to, u64 flags) {
  u64 size = flags & 0xf;
  return bpf_l4_csum_replace(skb, at, redbee_wire_order(from, size), redbee_wire_order(to, size), flags);
}
#define bpf_l3_csum_replace_(skb, at, from, to, flags) redbee_cksum_l3(skb, (u64)(at), from, to, flags)
#define bpf_l4_csum_replace_(skb, at, from, to, flags) redbee_cksum_l4(skb, (u64)(at), from, to, flags)
// The 0 becomes the socket buffer of the function around.
#define incr_cksum_l3(at, from, to) redbee_cksum_l3(0, (u64)(at), from, to, sizeof(to))
#define incr_cksum_l4(at, from, to, is_pseudo) \
  redbee_cksum_l4(0, (u64)(at), from, to, ((is_pseudo) & 1) << 4 | sizeof(to))
