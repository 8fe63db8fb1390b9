// Packet headers written by programs of the dialect, run on packets made here.
#include <arpa/inet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include <algorithm>

#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

using Packet = std::vector<uint8_t>;

// Runs a classifier of packets.c on a packet, which becomes what the program left of it.
uint32_t run_on(const char* name, Packet& packet) {
  auto object = open_object("packets");
  EXPECT_OK(object);
  auto program = object->load(name, {.kind = ProgramKind::sched_cls});
  EXPECT_OK(program);
  if (!program) return 0;
  auto run = program->test_run({.data = std::as_bytes(std::span(packet)), .output_bytes = packet.size()});
  EXPECT_OK(run);
  if (!run) return 0;
  EXPECT_EQ(run->data.size(), packet.size());
  memcpy(packet.data(), run->data.data(), std::min(packet.size(), run->data.size()));
  return run->return_value;
}

// The Internet checksum of RFC 1071 over bytes, begun with `sum`: 0xffff over data with its own.
uint32_t ones_sum(const void* data, size_t size, uint32_t sum = 0) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < size; ++i) sum += i % 2 ? bytes[i] : bytes[i] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

struct UdpPacket {
  ethhdr ethernet;
  iphdr ip;
  udphdr udp;
  char payload[10];

  uint32_t udp_sum() const {   // with the pseudo header's addresses, protocol and length
    uint32_t sum = ones_sum(&ip.saddr, 8, IPPROTO_UDP + ntohs(udp.len));
    return ones_sum(&udp, sizeof udp + sizeof payload, sum);
  }
} __attribute__((packed));

UdpPacket udp_packet() {
  UdpPacket packet{};
  packet.ethernet.h_proto = htons(ETH_P_IP);
  packet.ip.version = 4;
  packet.ip.ihl = 5;
  packet.ip.ttl = 64;
  packet.ip.protocol = IPPROTO_UDP;
  packet.ip.tot_len = htons(sizeof packet - sizeof packet.ethernet);
  packet.ip.saddr = htonl(0x0a000001);
  packet.ip.daddr = htonl(0x0a0000fe);
  packet.ip.check = htons(static_cast<uint16_t>(~ones_sum(&packet.ip, sizeof packet.ip)));
  packet.udp.source = htons(40000);
  packet.udp.dest = htons(53);
  packet.udp.len = htons(sizeof packet.udp + sizeof packet.payload);
  memcpy(packet.payload, "question?", sizeof packet.payload);
  packet.udp.check = htons(static_cast<uint16_t>(~packet.udp_sum()));
  return packet;
}

TEST(Packets, HeadersAreRewrittenAndTheirChecksumsStayRight) {
  UdpPacket before = udp_packet(), after;
  ASSERT_EQ(ones_sum(&before.ip, sizeof before.ip), 0xffffu);
  Packet bytes(reinterpret_cast<uint8_t*>(&before), reinterpret_cast<uint8_t*>(&before + 1));
  EXPECT_EQ(run_on("forward", bytes), 0u);   // TC_ACT_OK
  memcpy(&after, bytes.data(), sizeof after);
  EXPECT_THAT(after.ethernet.h_dest, testing::ElementsAre(0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f));
  EXPECT_EQ(ntohl(after.ip.daddr), 0xc0a80102u);
  EXPECT_EQ(after.ip.ttl, 63);
  EXPECT_EQ(ntohs(after.udp.dest), 5353);
  EXPECT_EQ(ones_sum(&after.ip, sizeof after.ip), 0xffffu);
  EXPECT_EQ(after.udp_sum(), 0xffffu);
  // Nothing else has changed.
  memcpy(after.ethernet.h_dest, before.ethernet.h_dest, sizeof after.ethernet.h_dest);
  after.ip.daddr = before.ip.daddr;
  after.ip.ttl = before.ip.ttl;
  after.ip.check = before.ip.check;
  after.udp.dest = before.udp.dest;
  after.udp.check = before.udp.check;
  EXPECT_EQ(memcmp(&after, &before, sizeof after), 0);
}

TEST(Packets, HeaderFieldsOfEveryWidthAreWrittenInTheirPlace) {
  Packet packet(14 + 20 + 20 + 40 + 8 + 20);
  for (size_t i = 0; i < packet.size(); ++i) packet[i] = static_cast<uint8_t>(i * 37 + 11);
  Packet expected = packet;
  auto put = [&](size_t at, std::initializer_list<uint8_t> bytes) { std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<long>(at)); };
  const size_t ip = 14, tcp = 34, ip6 = 54, vxlan = 94;
  put(6, {0x11, 0x22, 0x33, 0x44, 0x55, 0x66});
  put(ip, {0x66});                                              // version 6 (of 0x76), length 6
  put(ip + 1, {static_cast<uint8_t>(packet[ip + 1] | 0x80)});
  put(ip + 2, {static_cast<uint8_t>(packet[ip + 2] + 1)});
  put(ip + 4, {static_cast<uint8_t>(~packet[ip + 4]), static_cast<uint8_t>(~packet[ip + 5])});
  put(ip + 6, {static_cast<uint8_t>((packet[ip + 6] & 0xa0) | 0x40 | 0x12), 0x34});
  put(ip + 12, {1, 2, 3, 4});
  put(tcp + 13, {static_cast<uint8_t>((packet[tcp + 13] & ~2) | 1)});
  put(tcp + 7, {static_cast<uint8_t>(packet[tcp + 7] - 1)});
  put(tcp + 15, {static_cast<uint8_t>(packet[tcp + 15] - 1)});
  put(tcp + 19, {static_cast<uint8_t>(packet[tcp + 19] + 1)});
  put(ip6 + 1, {static_cast<uint8_t>((packet[ip6 + 1] & 0xf0) | 5), 0x43, 0x21});
  put(ip6 + 8, {1, 2, 3, 4, 5, 6, 7, 8});
  put(vxlan + 4, {0xfe, 0xdc, 0xba});
  // No borrow or carry crosses a byte in the sums above.
  ASSERT_TRUE(packet[tcp + 7] && packet[tcp + 15] && packet[tcp + 19] != 0xff && packet[ip + 2] != 0xff);

  uint32_t old_urgent = static_cast<uint32_t>(packet[tcp + 18]) << 8 | packet[tcp + 19];
  uint32_t new_window = static_cast<uint32_t>(packet[tcp + 14]) << 8 | expected[tcp + 15];
  EXPECT_EQ(run_on("assign", packet), (old_urgent << 24 | new_window << 8 | 6));
  EXPECT_EQ(packet, expected);
}

}  // namespace
}  // namespace redbee::kernel_test
