// Packet headers of networking scripts. A pointer to one of these is an offset into the packet,
// not an address: reading a member reads the packet, in host byte order. Bits are numbered as on
// the wire, the first one declared being the most significant.
#define REDBEE_PACKET __attribute__((packed, annotate("redbee.packet")))
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

// Bits [bit, bit + bits) from byte `at` of the packet, most significant first.
REDBEE_INLINE u64 redbee_packet_read(void *skb, u64 at, u64 bit, u64 bits) {
  u64 end = bit + bits, width, value;
  if (end <= 8)
    width = 8, value = load_byte(skb, at);
  else if (end <= 16)
    width = 16, value = load_half(skb, at);
  else if (end <= 32)
    width = 32, value = load_word(skb, at);
  else
    width = 64, value = load_dword(skb, at);
  return (value >> (width - end)) & (bits == 64 ? ~0ULL : (1ULL << bits) - 1);
}
