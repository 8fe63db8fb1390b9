// needs: xdp
struct network { u32 prefix; u8 address[4]; };
BPF_LPM_TRIE(networks, struct network, u64, 64);
int count(struct xdp_md *ctx) {
  struct network key = {.prefix = 32, .address = {10, 0, 0, 1}};
  u64 *found = networks.lookup(&key);
  return found ? 1 : 2;
}
