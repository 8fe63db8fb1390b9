// needs: maps
// Tables shared between programs, and pinned ones.
BPF_TABLE_PUBLIC("hash", u32, u64, offered, 64);
BPF_TABLE_SHARED("array", int, u64, common, 4);
BPF_TABLE_PINNED("hash", u32, u64, kept, 64, "/sys/fs/bpf/kept");
BPF_TABLE_PINNED("hash", u32, u64, kept_with_flags, 64, "/sys/fs/bpf/flags", 1);
BPF_QUEUE_SHARED(queue, u64, 8, 0);
BPF_QUEUE_PUBLIC(queue_offered, u64, 8, 0);
BPF_QUEUE_PINNED(queue_kept, u64, 8, 0, "/sys/fs/bpf/queue");
BPF_STACK_SHARED(stack, u64, 8, 0);
BPF_STACK_PUBLIC(stack_offered, u64, 8, 0);
BPF_STACK_PINNED(stack_kept, u64, 8, 0, "/sys/fs/bpf/stack");
BPF_QUEUESTACK("stack", by_kind, u64, 8, 0);
BPF_XSKMAP(sockets, 4, "/sys/fs/bpf/sockets");
