// needs: maps since 5.11
// Every kind of table by the name that BPF_TABLE takes.
struct prefix { u32 bits, address; };
BPF_F_TABLE("lpm_trie", struct prefix, u64, lpm, 8, BPF_F_NO_PREALLOC);
BPF_TABLE("prog", u32, u32, progs, 4);
BPF_TABLE("perf_output", int, u32, output, 0);
BPF_TABLE("perf_array", int, u32, counters, 4);
BPF_TABLE("cgroup_array", int, u32, groups, 4);
BPF_TABLE("stacktrace", int, struct bpf_stacktrace, stacks, 64);
BPF_TABLE("devmap", int, int, devices, 4);
BPF_TABLE("cpumap", int, u32, cpus, 1);
BPF_TABLE("xskmap", int, int, sockets, 4);
BPF_TABLE("sockmap", u32, int, streams, 4);
BPF_TABLE("sockhash", u64, int, flows, 4);
BPF_F_TABLE("sk_storage", int, u64, per_socket, 0, BPF_F_NO_PREALLOC);
BPF_F_TABLE("inode_storage", int, u64, per_inode, 0, BPF_F_NO_PREALLOC);
BPF_F_TABLE("task_storage", int, u64, per_task, 0, BPF_F_NO_PREALLOC);
BPF_TABLE("cgroup_storage", struct bpf_cgroup_storage_key, u64, per_group, 0);
BPF_TABLE("percpu_cgroup_storage", struct bpf_cgroup_storage_key, u64, per_group_and_cpu, 0);
