// needs: error
BPF_TABLE("hashmap", u32, u64, counts, 16);
