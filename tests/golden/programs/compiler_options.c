// needs: xdp
// cc: -w -Wno-address -Wall -O2 -g -fno-jump-tables -std=gnu99 -include linux/in6.h
// Options that scripts give to BCC's compiler; -w silences the warning.
int pass(struct xdp_md *ctx) { return ctx == 5 ? IPPROTO_ICMPV6 : XDP_PASS; }
