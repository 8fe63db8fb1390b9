// Programs of kinds that the C dialect has no macro for, in plain C.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} kt_plain SEC(".maps");

const volatile __u32 kt_pid;

static void count(__u32 slot) {
  __u64 *value = bpf_map_lookup_elem(&kt_plain, &slot);
  if (value) __sync_fetch_and_add(value, 1);
}

SEC("tp_btf/sys_enter")
int kt_tp_btf(__u64 *ctx) {
  if (bpf_get_current_pid_tgid() >> 32 == kt_pid && ctx[1] == 121) count(0);
  return 0;
}

SEC("lsm/file_open")
int kt_lsm(__u64 *ctx) {
  (void)ctx;
  if (bpf_get_current_pid_tgid() >> 32 == kt_pid) count(1);
  return 0;
}

SEC("xdp")
int kt_xdp(struct xdp_md *ctx) {
  (void)ctx;
  count(2);
  return XDP_PASS;
}

SEC("tc")
int kt_tc(struct __sk_buff *skb) {
  (void)skb;
  count(3);
  return 0;
}

SEC("socket")
int kt_socket(struct __sk_buff *skb) {
  count(4);
  return skb->len;
}

SEC("cgroup_skb/egress")
int kt_cgroup(struct __sk_buff *skb) {
  (void)skb;
  count(5);
  return 1;
}

SEC("cgroup_skb/ingress")
int kt_cgroup_ingress(struct __sk_buff *skb) {
  (void)skb;
  count(7);
  return 1;
}

SEC("cgroup/sock_create")
int kt_cgroup_sock(struct bpf_sock *sk) {
  (void)sk;
  count(8);
  return 1;
}

SEC("fexit/vfs_read")
int kt_fexit(__u64 *ctx) {
  (void)ctx;
  if (bpf_get_current_pid_tgid() >> 32 == kt_pid) count(9);
  return 0;
}

// Lets this process learn the group of no process: getpgid() says "permission denied".
SEC("fmod_ret/security_task_getpgid")
int kt_fmod_ret(__u64 *ctx) {
  (void)ctx;
  if (bpf_get_current_pid_tgid() >> 32 != kt_pid) return 0;
  count(10);
  return -13;
}

SEC("fentry/vfs_read")
int kt_fentry(__u64 *ctx) {
  (void)ctx;
  if (bpf_get_current_pid_tgid() >> 32 == kt_pid) count(6);
  return 0;
}

SEC("uprobe")
int kt_uprobe(void *ctx) {
  (void)ctx;
  count(11);
  return 0;
}

SEC("iter/task")
int kt_iter(void *ctx) {
  (void)ctx;
  count(12);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
