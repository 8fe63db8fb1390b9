// Tables of the dialect. A table N is three things:
//   N__map   the kernel map (libbpf's BTF-defined form), symbol N
//   N__*     one inline function per method
//   N        a constant struct whose members `key` and `leaf` carry the types and whose other members
//            point to the methods. A call N.lookup(&k) is bound to N__lookup while the text is
//            parsed, so N itself never reaches the object.
// The annotation on N carries to the facts what BTF cannot say. Methods have no debug information of
// their own, so that the verifier's log shows the line of the call.
#define REDBEE_INLINE static inline __attribute__((always_inline, unused, nodebug))

#define REDBEE_IS(T, S) (!__builtin_strcmp(T, S))
#define REDBEE_MAP_TYPE(T, K)                                                               \
  (REDBEE_IS(T, "hash") ? 1 : REDBEE_IS(T, "array") ? 2 : REDBEE_IS(T, "histogram") ?       \
   (__builtin_types_compatible_p(K, int) ? 2 : 1) : REDBEE_IS(T, "prog") ? 3 :              \
   REDBEE_IS(T, "perf_output") ? 4 : REDBEE_IS(T, "perf_array") ? 4 :                       \
   REDBEE_IS(T, "percpu_hash") ? 5 : REDBEE_IS(T, "percpu_array") ? 6 :                     \
   REDBEE_IS(T, "stacktrace") ? 7 : REDBEE_IS(T, "cgroup_array") ? 8 :                      \
   REDBEE_IS(T, "lru_hash") ? 9 : REDBEE_IS(T, "lru_percpu_hash") ? 10 :                    \
   REDBEE_IS(T, "lpm_trie") ? 11 : REDBEE_IS(T, "array_of_maps") ? 12 :                     \
   REDBEE_IS(T, "hash_of_maps") ? 13 : REDBEE_IS(T, "devmap") ? 14 :                        \
   REDBEE_IS(T, "sockmap") ? 15 : REDBEE_IS(T, "cpumap") ? 16 : REDBEE_IS(T, "xskmap") ? 17 : \
   REDBEE_IS(T, "sockhash") ? 18 : REDBEE_IS(T, "cgroup_storage") ? 19 :                    \
   REDBEE_IS(T, "percpu_cgroup_storage") ? 21 : REDBEE_IS(T, "queue") ? 22 :                \
   REDBEE_IS(T, "stack") ? 23 : REDBEE_IS(T, "sk_storage") ? 24 : REDBEE_IS(T, "ringbuf") ? 27 : \
   REDBEE_IS(T, "inode_storage") ? 28 : REDBEE_IS(T, "task_storage") ? 29 : 1)

#define REDBEE_FACTS(T, MAX, FLAGS, LINKAGE, PIN, INNER) \
  __attribute__((annotate("redbee.table", T, MAX, FLAGS, LINKAGE, PIN, INNER), unused))

// A ring buffer has neither keys nor values, and bytes for entries: whole pages, a power of two.
#define REDBEE_POW2(X) ((X) <= 1 ? 1 : 1ULL << (64 - __builtin_clzll((u64)(X) - 1)))
#define REDBEE_RING_BYTES(BYTES) ((BYTES) <= 4096 ? 4096 : REDBEE_POW2(BYTES))
#define REDBEE_RING_MEMBERS                      \
  int (*ringbuf_output)(void *, u64, u64);       \
  void *(*ringbuf_reserve)(u64);                 \
  void (*ringbuf_discard)(void *, u64);          \
  void (*ringbuf_submit)(void *, u64);           \
  u64 (*ringbuf_query)(u64);
#define REDBEE_RING_METHODS(N)                                                             \
  REDBEE_INLINE int N##__output(void *d, u64 n, u64 f) {                                   \
    return bpf_ringbuf_output(&N##__map, d, n, f);                                         \
  }                                                                                        \
  REDBEE_INLINE void *N##__reserve(u64 n) { return bpf_ringbuf_reserve(&N##__map, n, 0); } \
  REDBEE_INLINE void N##__discard(void *d, u64 f) { bpf_ringbuf_discard(d, f); }           \
  REDBEE_INLINE void N##__submit(void *d, u64 f) { bpf_ringbuf_submit(d, f); }             \
  REDBEE_INLINE u64 N##__query(u64 f) { return bpf_ringbuf_query(&N##__map, f); }
#define REDBEE_RING_VALUES(N)                                                              \
  .ringbuf_output = N##__output, .ringbuf_reserve = N##__reserve,                          \
  .ringbuf_discard = N##__discard, .ringbuf_submit = N##__submit, .ringbuf_query = N##__query

// BPF_TABLE("ringbuf", …) is rare, and would make every table a third dearer to compile: what it takes is
// here when the text has the word.
#ifdef REDBEE_HAS_RING_BY_STRING
struct redbee_nothing {};
#define REDBEE_UNLESS_RING(T, TYPE) \
  __typeof__(*__builtin_choose_expr(REDBEE_IS(T, "ringbuf"), (struct redbee_nothing *)0, (__typeof__(TYPE) *)0))
#define REDBEE_ENTRIES(T, MAX) (REDBEE_IS(T, "ringbuf") ? REDBEE_RING_BYTES(MAX) : (MAX))
#define REDBEE_TABLE_RING_MEMBERS REDBEE_RING_MEMBERS
#define REDBEE_TABLE_RING_METHODS(N) REDBEE_RING_METHODS(N)
#define REDBEE_TABLE_RING_VALUES(N) REDBEE_RING_VALUES(N),
#else
#define REDBEE_UNLESS_RING(T, TYPE) __typeof__(TYPE)
#define REDBEE_ENTRIES(T, MAX) (MAX)
#define REDBEE_TABLE_RING_MEMBERS
#define REDBEE_TABLE_RING_METHODS(N)
#define REDBEE_TABLE_RING_VALUES(N)
#endif

#define REDBEE_MAP(N, T, K, V, MAX, FLAGS)                                            \
  struct {                                                                            \
    int (*type)[REDBEE_MAP_TYPE(T, K)];                                               \
    int (*max_entries)[REDBEE_ENTRIES(T, MAX)];                                       \
    int (*map_flags)[FLAGS];                                                          \
    REDBEE_UNLESS_RING(T, K) *key;                                                    \
    REDBEE_UNLESS_RING(T, V) *value;                                                  \
  } N##__map __asm__(#N) __attribute__((section(".maps"), used))

// Adds to a leaf of any integer width.
REDBEE_INLINE void redbee_add(void *leaf, unsigned long size, u64 by) {
  switch (size) {
    case 1: *(u8 *)leaf += by; break;
    case 2: *(u16 *)leaf += by; break;
    case 4: *(u32 *)leaf += by; break;
    default: *(u64 *)leaf += by; break;
  }
}
REDBEE_INLINE void redbee_atomic_add(void *leaf, unsigned long size, u64 by) {
  if (size == 4)
    (void)__sync_fetch_and_add((u32 *)leaf, (u32)by);
  else
    (void)__sync_fetch_and_add((u64 *)leaf, by);
}

// `increment` inserts a missing key only in a plain hash, as BCC does: an array always has it, and
// an LRU or per-CPU table is left alone. Another CPU may have inserted it meanwhile.
#define REDBEE_ADDER(N, METHOD, ADD, TYPE, K, V)                             \
  REDBEE_INLINE void N##__##METHOD##_by(K key, u64 by) {                     \
    V *leaf = bpf_map_lookup_elem(&N##__map, &key);                          \
    if (leaf) {                                                              \
      ADD(leaf, sizeof(*leaf), by);                                          \
    } else if ((TYPE) == 1) {                                                \
      V first;                                                               \
      __builtin_memset(&first, 0, sizeof first);                             \
      redbee_add(&first, sizeof first, by);                                  \
      if (!bpf_map_update_elem(&N##__map, &key, &first, 1)) return;          \
      leaf = bpf_map_lookup_elem(&N##__map, &key);                           \
      if (leaf) ADD(leaf, sizeof(*leaf), by);                                \
    }                                                                        \
  }                                                                          \
  REDBEE_INLINE void N##__##METHOD##_one(K key) { N##__##METHOD##_by(key, 1); }

#define REDBEE_TABLE(T, K, V, N, MAX, FLAGS, LINKAGE, PIN, INNER)                              \
  REDBEE_MAP(N, T, K, V, MAX, FLAGS);                                                          \
  struct N##_table_t {                                                                         \
    K key;                                                                                     \
    V leaf;                                                                                    \
    V *(*lookup)(K *);                                                                         \
    V *(*lookup_or_init)(K *, V *);                                                            \
    V *(*lookup_or_try_init)(K *, V *);                                                        \
    int (*update)(K *, V *);                                                                   \
    int (*insert)(K *, V *);                                                                   \
    int (*delete)(K *);                                                                        \
    void (*call)(void *, int);                                                                 \
    void (*increment)(K, ...);                                                                 \
    void (*increment_one)(K);                                                                  \
    void (*increment_by)(K, u64);                                                              \
    void (*atomic_increment)(K, ...);                                                          \
    void (*atomic_increment_one)(K);                                                           \
    void (*atomic_increment_by)(K, u64);                                                       \
    int (*get_stackid)(void *, u64);                                                           \
    int (*redirect_map)(u32, u64);                                                             \
    u64 (*perf_read)(int);                                                                     \
    int (*perf_counter_value)(int, void *, u32);                                               \
    int (*check_current_task)(int);                                                            \
    int (*sock_map_update)(void *, void *, u64);                                               \
    int (*sock_hash_update)(void *, void *, u64);                                              \
    int (*msg_redirect_map)(void *, u32, u64);                                                 \
    int (*msg_redirect_hash)(void *, void *, u64);                                             \
    int (*sk_redirect_map)(void *, u32, u64);                                                  \
    int (*sk_redirect_hash)(void *, void *, u64);                                              \
    V *(*sk_storage_get)(void *, void *, u64);                                                 \
    int (*sk_storage_delete)(void *);                                                          \
    V *(*inode_storage_get)(void *, void *, u64);                                              \
    int (*inode_storage_delete)(void *);                                                       \
    V *(*task_storage_get)(void *, void *, u64);                                               \
    int (*task_storage_delete)(void *);                                                        \
    V *(*get_local_storage)(u64);                                                              \
    REDBEE_TABLE_RING_MEMBERS                                                                  \
    u32 max_entries;                                                                           \
    int flags;                                                                                 \
  };                                                                                           \
  REDBEE_INLINE V *N##__lookup(K *k) { return bpf_map_lookup_elem(&N##__map, k); }             \
  REDBEE_INLINE V *N##__lookup_or_try_init(K *k, V *v) {                                       \
    V *leaf = bpf_map_lookup_elem(&N##__map, k);                                               \
    if (!leaf) {                                                                               \
      bpf_map_update_elem(&N##__map, k, v, 1);                                                 \
      leaf = bpf_map_lookup_elem(&N##__map, k);                                                \
    }                                                                                          \
    return leaf;                                                                               \
  }                                                                                            \
  static V *N##__lookup_or_init(K *, V *) __asm__("redbee.or_return." #N);                     \
  REDBEE_INLINE V *N##__lookup_or_init(K *k, V *v) { return N##__lookup_or_try_init(k, v); }   \
  REDBEE_INLINE int N##__update(K *k, V *v) { return bpf_map_update_elem(&N##__map, k, v, 0); } \
  REDBEE_INLINE int N##__insert(K *k, V *v) { return bpf_map_update_elem(&N##__map, k, v, 1); } \
  REDBEE_INLINE int N##__delete(K *k) { return bpf_map_delete_elem(&N##__map, k); }            \
  REDBEE_INLINE void N##__call(void *c, int i) { bpf_tail_call(c, &N##__map, i); }             \
  REDBEE_ADDER(N, increment, redbee_add, REDBEE_MAP_TYPE(T, K), K, V)                          \
  REDBEE_ADDER(N, atomic_increment, redbee_atomic_add, REDBEE_MAP_TYPE(T, K), K, V)            \
  REDBEE_INLINE int N##__get_stackid(void *c, u64 f) { return bpf_get_stackid(c, &N##__map, f); } \
  REDBEE_INLINE int N##__redirect_map(u32 k, u64 f) { return bpf_redirect_map(&N##__map, k, f); } \
  REDBEE_INLINE u64 N##__perf_read(int i) { return bpf_perf_event_read(&N##__map, (u32)i); }   \
  REDBEE_INLINE int N##__perf_counter_value(int i, void *b, u32 n) {                           \
    return bpf_perf_event_read_value(&N##__map, (u32)i, b, n);                                 \
  }                                                                                            \
  REDBEE_INLINE int N##__check_current_task(int i) {                                           \
    return bpf_current_task_under_cgroup(&N##__map, i);                                        \
  }                                                                                            \
  REDBEE_INLINE int N##__sock_map_update(void *c, void *k, u64 f) {                            \
    return bpf_sock_map_update(c, &N##__map, k, f);                                            \
  }                                                                                            \
  REDBEE_INLINE int N##__sock_hash_update(void *c, void *k, u64 f) {                           \
    return bpf_sock_hash_update(c, &N##__map, k, f);                                           \
  }                                                                                            \
  REDBEE_INLINE int N##__msg_redirect_map(void *c, u32 k, u64 f) {                             \
    return bpf_msg_redirect_map(c, &N##__map, k, f);                                           \
  }                                                                                            \
  REDBEE_INLINE int N##__msg_redirect_hash(void *c, void *k, u64 f) {                          \
    return bpf_msg_redirect_hash(c, &N##__map, k, f);                                          \
  }                                                                                            \
  REDBEE_INLINE int N##__sk_redirect_map(void *c, u32 k, u64 f) {                              \
    return bpf_sk_redirect_map(c, &N##__map, k, f);                                            \
  }                                                                                            \
  REDBEE_INLINE int N##__sk_redirect_hash(void *c, void *k, u64 f) {                           \
    return bpf_sk_redirect_hash(c, &N##__map, k, f);                                           \
  }                                                                                            \
  REDBEE_INLINE V *N##__sk_storage_get(void *o, void *v, u64 f) {                              \
    return bpf_sk_storage_get(&N##__map, o, v, f);                                             \
  }                                                                                            \
  REDBEE_INLINE int N##__sk_storage_delete(void *o) { return bpf_sk_storage_delete(&N##__map, o); } \
  REDBEE_INLINE V *N##__inode_storage_get(void *o, void *v, u64 f) {                           \
    return bpf_inode_storage_get(&N##__map, o, v, f);                                          \
  }                                                                                            \
  REDBEE_INLINE int N##__inode_storage_delete(void *o) {                                       \
    return bpf_inode_storage_delete(&N##__map, o);                                             \
  }                                                                                            \
  REDBEE_INLINE V *N##__task_storage_get(void *o, void *v, u64 f) {                            \
    return bpf_task_storage_get(&N##__map, o, v, f);                                           \
  }                                                                                            \
  REDBEE_INLINE int N##__task_storage_delete(void *o) {                                        \
    return bpf_task_storage_delete(&N##__map, o);                                              \
  }                                                                                            \
  REDBEE_INLINE V *N##__get_local_storage(u64 f) { return bpf_get_local_storage(&N##__map, f); } \
  REDBEE_TABLE_RING_METHODS(N)                                                                 \
  static const struct N##_table_t N __asm__(#N ".methods")                                     \
      REDBEE_FACTS(T, REDBEE_ENTRIES(T, MAX), FLAGS, LINKAGE, PIN, INNER) = {                  \
      .lookup = N##__lookup,                                                                   \
      .lookup_or_init = N##__lookup_or_init,                                                   \
      .lookup_or_try_init = N##__lookup_or_try_init,                                           \
      .update = N##__update,                                                                   \
      .insert = N##__insert,                                                                   \
      .delete = N##__delete,                                                                   \
      .call = N##__call,                                                                       \
      .increment_one = N##__increment_one,                                                             \
      .increment_by = N##__increment_by,                                                       \
      .atomic_increment_one = N##__atomic_increment_one,                                               \
      .atomic_increment_by = N##__atomic_increment_by,                                         \
      .get_stackid = N##__get_stackid,                                                         \
      .redirect_map = N##__redirect_map,                                                       \
      .perf_read = N##__perf_read,                                                             \
      .perf_counter_value = N##__perf_counter_value,                                           \
      .check_current_task = N##__check_current_task,                                           \
      .sock_map_update = N##__sock_map_update,                                                 \
      .sock_hash_update = N##__sock_hash_update,                                               \
      .msg_redirect_map = N##__msg_redirect_map,                                               \
      .msg_redirect_hash = N##__msg_redirect_hash,                                             \
      .sk_redirect_map = N##__sk_redirect_map,                                                 \
      .sk_redirect_hash = N##__sk_redirect_hash,                                               \
      .sk_storage_get = N##__sk_storage_get,                                                   \
      .sk_storage_delete = N##__sk_storage_delete,                                             \
      .inode_storage_get = N##__inode_storage_get,                                             \
      .inode_storage_delete = N##__inode_storage_delete,                                       \
      .task_storage_get = N##__task_storage_get,                                               \
      .task_storage_delete = N##__task_storage_delete,                                         \
      .get_local_storage = N##__get_local_storage,                                             \
      REDBEE_TABLE_RING_VALUES(N)                                                              \
      .max_entries = (MAX),                                                                    \
      .flags = (FLAGS)}

#define BPF_F_TABLE(T, K, V, N, MAX, FLAGS) REDBEE_TABLE(T, K, V, N, MAX, FLAGS, "", "", "")
#define BPF_TABLE(T, K, V, N, MAX) REDBEE_TABLE(T, K, V, N, MAX, 0, "", "", "")
#define REDBEE_PINNED7(T, K, V, N, MAX, PIN, FLAGS) REDBEE_TABLE(T, K, V, N, MAX, FLAGS, "", PIN, "")
#define REDBEE_PINNED6(T, K, V, N, MAX, PIN) REDBEE_TABLE(T, K, V, N, MAX, 0, "", PIN, "")
#define REDBEE_PICK7(_1, _2, _3, _4, _5, _6, _7, NAME, ...) NAME
#define BPF_TABLE_PINNED(...) \
  REDBEE_PICK7(__VA_ARGS__, REDBEE_PINNED7, REDBEE_PINNED6, 0)(__VA_ARGS__)
#define BPF_TABLE_PUBLIC(T, K, V, N, MAX) REDBEE_TABLE(T, K, V, N, MAX, 0, "public", "", "")
#define BPF_TABLE_SHARED(T, K, V, N, MAX) REDBEE_TABLE(T, K, V, N, MAX, 0, "shared", "", "")

#define REDBEE_PICK4(_1, _2, _3, _4, NAME, ...) NAME
#define REDBEE_PICK3(_1, _2, _3, NAME, ...) NAME

#define REDBEE_HASH1(N) BPF_TABLE("hash", u64, u64, N, 10240)
#define REDBEE_HASH2(N, K) BPF_TABLE("hash", K, u64, N, 10240)
#define REDBEE_HASH3(N, K, V) BPF_TABLE("hash", K, V, N, 10240)
#define REDBEE_HASH4(N, K, V, MAX) BPF_TABLE("hash", K, V, N, MAX)
#define BPF_HASH(...) \
  REDBEE_PICK4(__VA_ARGS__, REDBEE_HASH4, REDBEE_HASH3, REDBEE_HASH2, REDBEE_HASH1)(__VA_ARGS__)

#define REDBEE_PERCPU_HASH1(N) BPF_TABLE("percpu_hash", u64, u64, N, 10240)
#define REDBEE_PERCPU_HASH2(N, K) BPF_TABLE("percpu_hash", K, u64, N, 10240)
#define REDBEE_PERCPU_HASH3(N, K, V) BPF_TABLE("percpu_hash", K, V, N, 10240)
#define REDBEE_PERCPU_HASH4(N, K, V, MAX) BPF_TABLE("percpu_hash", K, V, N, MAX)
#define BPF_PERCPU_HASH(...)                                                            \
  REDBEE_PICK4(__VA_ARGS__, REDBEE_PERCPU_HASH4, REDBEE_PERCPU_HASH3, REDBEE_PERCPU_HASH2, \
               REDBEE_PERCPU_HASH1)(__VA_ARGS__)

#define REDBEE_ARRAY1(N) BPF_TABLE("array", int, u64, N, 10240)
#define REDBEE_ARRAY2(N, V) BPF_TABLE("array", int, V, N, 10240)
#define REDBEE_ARRAY3(N, V, MAX) BPF_TABLE("array", int, V, N, MAX)
#define BPF_ARRAY(...) \
  REDBEE_PICK3(__VA_ARGS__, REDBEE_ARRAY3, REDBEE_ARRAY2, REDBEE_ARRAY1)(__VA_ARGS__)

#define REDBEE_PERCPU_ARRAY1(N) BPF_TABLE("percpu_array", int, u64, N, 10240)
#define REDBEE_PERCPU_ARRAY2(N, V) BPF_TABLE("percpu_array", int, V, N, 10240)
#define REDBEE_PERCPU_ARRAY3(N, V, MAX) BPF_TABLE("percpu_array", int, V, N, MAX)
#define BPF_PERCPU_ARRAY(...)                                                             \
  REDBEE_PICK3(__VA_ARGS__, REDBEE_PERCPU_ARRAY3, REDBEE_PERCPU_ARRAY2, REDBEE_PERCPU_ARRAY1) \
  (__VA_ARGS__)

#define REDBEE_HISTOGRAM1(N) BPF_TABLE("histogram", int, u64, N, 64)
#define REDBEE_HISTOGRAM2(N, K) BPF_TABLE("histogram", K, u64, N, 64)
#define REDBEE_HISTOGRAM3(N, K, MAX) BPF_TABLE("histogram", K, u64, N, MAX)
#define BPF_HISTOGRAM(...) \
  REDBEE_PICK3(__VA_ARGS__, REDBEE_HISTOGRAM3, REDBEE_HISTOGRAM2, REDBEE_HISTOGRAM1)(__VA_ARGS__)

#define REDBEE_LPM1(N) BPF_F_TABLE("lpm_trie", u64, u64, N, 10240, BPF_F_NO_PREALLOC)
#define REDBEE_LPM2(N, K) BPF_F_TABLE("lpm_trie", K, u64, N, 10240, BPF_F_NO_PREALLOC)
#define REDBEE_LPM3(N, K, V) BPF_F_TABLE("lpm_trie", K, V, N, 10240, BPF_F_NO_PREALLOC)
#define REDBEE_LPM4(N, K, V, MAX) BPF_F_TABLE("lpm_trie", K, V, N, MAX, BPF_F_NO_PREALLOC)
#define BPF_LPM_TRIE(...) \
  REDBEE_PICK4(__VA_ARGS__, REDBEE_LPM4, REDBEE_LPM3, REDBEE_LPM2, REDBEE_LPM1)(__VA_ARGS__)

struct bpf_stacktrace {
  u64 ip[127];
};
struct bpf_stacktrace_buildid {
  struct bpf_stack_build_id trace[127];
};
#define BPF_STACK_TRACE(N, MAX) \
  BPF_TABLE("stacktrace", int, struct bpf_stacktrace, N, REDBEE_POW2(MAX))
#define BPF_STACK_TRACE_BUILDID(N, MAX)                                                       \
  BPF_F_TABLE("stacktrace", int, struct bpf_stacktrace_buildid, N, REDBEE_POW2(MAX), \
              BPF_F_STACK_BUILD_ID)

#define BPF_PROG_ARRAY(N, MAX) BPF_TABLE("prog", u32, u32, N, MAX)
// For perf_read and perf_counter_value: the counter of the CPU that asks.
#define CUR_CPU_IDENTIFIER BPF_F_CURRENT_CPU
#define BPF_PERF_ARRAY(N, MAX) BPF_TABLE("perf_array", int, u32, N, MAX)
#define BPF_CGROUP_ARRAY(N, MAX) BPF_TABLE("cgroup_array", int, u32, N, MAX)
#define BPF_XDP_REDIRECT_MAP(TYPE, V, N, MAX) BPF_TABLE(TYPE, int, V, N, MAX)
#define BPF_DEVMAP(N, MAX) BPF_XDP_REDIRECT_MAP("devmap", int, N, MAX)
#define BPF_CPUMAP(N, MAX) BPF_XDP_REDIRECT_MAP("cpumap", u32, N, MAX)
#define REDBEE_XSKMAP2(N, MAX) BPF_TABLE("xskmap", int, int, N, MAX)
#define REDBEE_XSKMAP3(N, MAX, PIN) BPF_TABLE_PINNED("xskmap", int, int, N, MAX, PIN)
#define BPF_XSKMAP(...) \
  REDBEE_PICK3(__VA_ARGS__, REDBEE_XSKMAP3, REDBEE_XSKMAP2, 0)(__VA_ARGS__)
#define BPF_SOCKMAP(N, MAX) BPF_TABLE("sockmap", u32, int, N, MAX)
#define REDBEE_SOCKHASH1(N) BPF_TABLE("sockhash", u32, int, N, 10240)
#define REDBEE_SOCKHASH2(N, K) BPF_TABLE("sockhash", K, int, N, 10240)
#define REDBEE_SOCKHASH3(N, K, MAX) BPF_TABLE("sockhash", K, int, N, MAX)
#define BPF_SOCKHASH(...) \
  REDBEE_PICK3(__VA_ARGS__, REDBEE_SOCKHASH3, REDBEE_SOCKHASH2, REDBEE_SOCKHASH1)(__VA_ARGS__)
#define BPF_ARRAY_OF_MAPS(N, INNER, MAX) \
  REDBEE_TABLE("array_of_maps", int, int, N, MAX, 0, "", "", INNER)
#define REDBEE_HASH_OF_MAPS3(N, INNER, MAX) \
  REDBEE_TABLE("hash_of_maps", int, int, N, MAX, 0, "", "", INNER)
#define REDBEE_HASH_OF_MAPS4(N, K, INNER, MAX) \
  REDBEE_TABLE("hash_of_maps", K, int, N, MAX, 0, "", "", INNER)
#define BPF_HASH_OF_MAPS(...) \
  REDBEE_PICK4(__VA_ARGS__, REDBEE_HASH_OF_MAPS4, REDBEE_HASH_OF_MAPS3, 0, 0)(__VA_ARGS__)
#define BPF_SK_STORAGE(N, V) BPF_F_TABLE("sk_storage", int, V, N, 0, BPF_F_NO_PREALLOC)
#define BPF_INODE_STORAGE(N, V) BPF_F_TABLE("inode_storage", int, V, N, 0, BPF_F_NO_PREALLOC)
#define BPF_TASK_STORAGE(N, V) BPF_F_TABLE("task_storage", int, V, N, 0, BPF_F_NO_PREALLOC)
#define BPF_CGROUP_STORAGE(N, V) \
  BPF_TABLE("cgroup_storage", struct bpf_cgroup_storage_key, V, N, 0)
#define BPF_PERCPU_CGROUP_STORAGE(N, V) \
  BPF_TABLE("percpu_cgroup_storage", struct bpf_cgroup_storage_key, V, N, 0)

#define BPF_PERF_OUTPUT(N)                                                               \
  struct {                                                                               \
    int (*type)[4];                                                                      \
    int *key;                                                                            \
    u32 *value;                                                                          \
  } N##__map __asm__(#N) __attribute__((section(".maps"), used));                        \
  struct N##_table_t {                                                                   \
    int key;                                                                             \
    u32 leaf;                                                                            \
    int (*perf_submit)(void *, void *, u32);                                             \
    int (*perf_submit_skb)(void *, u32, void *, u32);                                    \
    u32 max_entries;                                                                     \
  };                                                                                     \
  REDBEE_INLINE int N##__perf_submit(void *c, void *d, u32 n) {                          \
    return bpf_perf_event_output(c, &N##__map, 0xffffffffULL, d, n);                     \
  }                                                                                      \
  REDBEE_INLINE int N##__perf_submit_skb(void *c, u32 len, void *d, u32 n) {             \
    return bpf_perf_event_output(c, &N##__map, ((u64)len << 32) | 0xffffffffULL, d, n);  \
  }                                                                                      \
  static const struct N##_table_t N __asm__(#N ".methods") REDBEE_FACTS("perf_output", 0, 0, "", "", "") = {    \
      .perf_submit = N##__perf_submit, .perf_submit_skb = N##__perf_submit_skb}

#define BPF_RINGBUF_OUTPUT(N, PAGES)                                                     \
  struct {                                                                               \
    int (*type)[27];                                                                     \
    int (*max_entries)[REDBEE_RING_BYTES((PAGES) * 4096)];                               \
  } N##__map __asm__(#N) __attribute__((section(".maps"), used));                        \
  struct N##_table_t {                                                                   \
    int key;                                                                             \
    u32 leaf;                                                                            \
    REDBEE_RING_MEMBERS                                                                  \
    u32 max_entries;                                                                     \
  };                                                                                     \
  REDBEE_RING_METHODS(N)                                                                 \
  static const struct N##_table_t N __asm__(#N ".methods")                               \
      REDBEE_FACTS("ringbuf", REDBEE_RING_BYTES((PAGES) * 4096), 0, "", "", "") = {      \
          REDBEE_RING_VALUES(N)}

#define REDBEE_QUEUE(T, N, V, MAX, FLAGS, LINKAGE, PIN)                                  \
  struct {                                                                               \
    int (*type)[REDBEE_MAP_TYPE(T, V)];                                                  \
    int (*max_entries)[MAX];                                                             \
    int (*map_flags)[FLAGS];                                                             \
    __typeof__(V) *value;                                                                \
  } N##__map __asm__(#N) __attribute__((section(".maps"), used));                        \
  struct N##_table_t {                                                                   \
    V leaf;                                                                              \
    int (*peek)(V *);                                                                    \
    int (*pop)(V *);                                                                     \
    int (*push)(V *, u64);                                                               \
    u32 max_entries;                                                                     \
    int flags;                                                                           \
  };                                                                                     \
  REDBEE_INLINE int N##__peek(V *v) { return bpf_map_peek_elem(&N##__map, v); }          \
  REDBEE_INLINE int N##__pop(V *v) { return bpf_map_pop_elem(&N##__map, v); }            \
  REDBEE_INLINE int N##__push(V *v, u64 f) { return bpf_map_push_elem(&N##__map, v, f); } \
  static const struct N##_table_t N __asm__(#N ".methods") REDBEE_FACTS(T, MAX, FLAGS, LINKAGE, PIN, "") = {    \
      .peek = N##__peek, .pop = N##__pop, .push = N##__push}

#define BPF_QUEUESTACK(T, N, V, MAX, FLAGS) REDBEE_QUEUE(T, N, V, MAX, FLAGS, "", "")
#define BPF_QUEUESTACK_PINNED(T, N, V, MAX, FLAGS, PIN) REDBEE_QUEUE(T, N, V, MAX, FLAGS, "", PIN)
#define BPF_QUEUESTACK_PUBLIC(T, N, V, MAX, FLAGS) REDBEE_QUEUE(T, N, V, MAX, FLAGS, "public", "")
#define BPF_QUEUESTACK_SHARED(T, N, V, MAX, FLAGS) REDBEE_QUEUE(T, N, V, MAX, FLAGS, "shared", "")
#define REDBEE_QUEUE3(N, V, MAX) BPF_QUEUESTACK("queue", N, V, MAX, 0)
#define REDBEE_QUEUE4(N, V, MAX, FLAGS) BPF_QUEUESTACK("queue", N, V, MAX, FLAGS)
#define BPF_QUEUE(...) REDBEE_PICK4(__VA_ARGS__, REDBEE_QUEUE4, REDBEE_QUEUE3, 0, 0)(__VA_ARGS__)
#define REDBEE_STACK3(N, V, MAX) BPF_QUEUESTACK("stack", N, V, MAX, 0)
#define REDBEE_STACK4(N, V, MAX, FLAGS) BPF_QUEUESTACK("stack", N, V, MAX, FLAGS)
#define BPF_STACK(...) REDBEE_PICK4(__VA_ARGS__, REDBEE_STACK4, REDBEE_STACK3, 0, 0)(__VA_ARGS__)
#define BPF_QUEUE_PINNED(N, V, MAX, FLAGS, PIN) BPF_QUEUESTACK_PINNED("queue", N, V, MAX, FLAGS, PIN)
#define BPF_QUEUE_PUBLIC(N, V, MAX, FLAGS) BPF_QUEUESTACK_PUBLIC("queue", N, V, MAX, FLAGS)
#define BPF_QUEUE_SHARED(N, V, MAX, FLAGS) BPF_QUEUESTACK_SHARED("queue", N, V, MAX, FLAGS)
#define BPF_STACK_PINNED(N, V, MAX, FLAGS, PIN) BPF_QUEUESTACK_PINNED("stack", N, V, MAX, FLAGS, PIN)
#define BPF_STACK_PUBLIC(N, V, MAX, FLAGS) BPF_QUEUESTACK_PUBLIC("stack", N, V, MAX, FLAGS)
#define BPF_STACK_SHARED(N, V, MAX, FLAGS) BPF_QUEUESTACK_SHARED("stack", N, V, MAX, FLAGS)
