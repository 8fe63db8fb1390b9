// Probe macros, register access and the small functions every script may call.
#define TRACEPOINT_PROBE(category, event) \
  int tracepoint__##category##__##event(struct tracepoint__##category##__##event *args)
#define RAW_TRACEPOINT_PROBE(event) \
  int raw_tracepoint__##event(struct bpf_raw_tracepoint_args *ctx)

// Arguments of BTF-typed programs: parameter i is the i-th word of the context.
#define REDBEE_JOIN2(a, b) a##b
#define REDBEE_JOIN(a, b) REDBEE_JOIN2(a, b)
#define REDBEE_NTH(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, N, ...) N
#define REDBEE_COUNT(...) REDBEE_NTH(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define REDBEE_WORDS0() ctx
#define REDBEE_WORDS1(x) REDBEE_WORDS0(), (void *)ctx[0]
#define REDBEE_WORDS2(x, args...) REDBEE_WORDS1(args), (void *)ctx[1]
#define REDBEE_WORDS3(x, args...) REDBEE_WORDS2(args), (void *)ctx[2]
#define REDBEE_WORDS4(x, args...) REDBEE_WORDS3(args), (void *)ctx[3]
#define REDBEE_WORDS5(x, args...) REDBEE_WORDS4(args), (void *)ctx[4]
#define REDBEE_WORDS6(x, args...) REDBEE_WORDS5(args), (void *)ctx[5]
#define REDBEE_WORDS7(x, args...) REDBEE_WORDS6(args), (void *)ctx[6]
#define REDBEE_WORDS8(x, args...) REDBEE_WORDS7(args), (void *)ctx[7]
#define REDBEE_WORDS9(x, args...) REDBEE_WORDS8(args), (void *)ctx[8]
#define REDBEE_WORDS10(x, args...) REDBEE_WORDS9(args), (void *)ctx[9]
#define REDBEE_WORDS11(x, args...) REDBEE_WORDS10(args), (void *)ctx[10]
#define REDBEE_WORDS12(x, args...) REDBEE_WORDS11(args), (void *)ctx[11]
#define REDBEE_WORDS(args...) REDBEE_JOIN(REDBEE_WORDS, REDBEE_COUNT(args))(args)
#define BPF_PROG(name, args...)                                                       \
  static inline __attribute__((always_inline)) int name##__body(unsigned long long *ctx, ##args); \
  int name(unsigned long long *ctx) {                                                 \
    _Pragma("GCC diagnostic push")                                                    \
    _Pragma("GCC diagnostic ignored \"-Wint-conversion\"")                            \
    return name##__body(REDBEE_WORDS(args));                                          \
    _Pragma("GCC diagnostic pop")                                                     \
  }                                                                                   \
  static inline __attribute__((always_inline)) int name##__body(unsigned long long *ctx, ##args)
#define MODULE_KFUNC_PROBE(module, event, args...) BPF_PROG(kfunc__##module##__##event, ##args)
#define MODULE_KRETFUNC_PROBE(module, event, args...) BPF_PROG(kretfunc__##module##__##event, ##args)
#define KFUNC_PROBE(event, args...) MODULE_KFUNC_PROBE(vmlinux, event, ##args)
#define KRETFUNC_PROBE(event, args...) MODULE_KRETFUNC_PROBE(vmlinux, event, ##args)
#define KMOD_RET(event, args...) BPF_PROG(kmod_ret__##event, ##args)
#define LSM_PROBE(event, args...) BPF_PROG(lsm__##event, ##args)
#define BPF_ITER(target) int bpf_iter__##target(struct bpf_iter__##target *ctx)

// Lowered in IR: the length is inserted after a literal format.
extern int bpf_trace_printk(const char *format, ...);
// Lowered in IR, one program per argument description of the probe.
extern int redbee_usdt_readarg(unsigned long n, void *ctx, void *to, unsigned long size);
extern int redbee_usdt_readarg_p(unsigned long n, void *ctx, void *to, unsigned long size);
#define bpf_usdt_readarg(n, ctx, to) redbee_usdt_readarg(n, ctx, to, sizeof(*(to)))
#define bpf_usdt_readarg_p(n, ctx, to, size) redbee_usdt_readarg_p(n, ctx, to, size)
// Set by the loader for programs that stand in for a probe on one system call.
const volatile unsigned int redbee_syscall_nr = 0;

#define PT_REGS_PARM1(ctx) ((ctx)->di)
#define PT_REGS_PARM2(ctx) ((ctx)->si)
#define PT_REGS_PARM3(ctx) ((ctx)->dx)
#define PT_REGS_PARM4(ctx) ((ctx)->cx)
#define PT_REGS_PARM5(ctx) ((ctx)->r8)
#define PT_REGS_PARM6(ctx) ((ctx)->r9)
#define PT_REGS_RET(ctx) ((ctx)->sp)
#define PT_REGS_FP(ctx) ((ctx)->bp)
#define PT_REGS_RC(ctx) ((ctx)->ax)
#define PT_REGS_IP(ctx) ((ctx)->ip)
#define PT_REGS_SP(ctx) ((ctx)->sp)
#define PT_REGS_SYSCALL_CTX(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#define PT_REGS_PARM1_SYSCALL(ctx) PT_REGS_PARM1(ctx)
#define PT_REGS_PARM2_SYSCALL(ctx) PT_REGS_PARM2(ctx)
#define PT_REGS_PARM3_SYSCALL(ctx) PT_REGS_PARM3(ctx)
#define PT_REGS_PARM4_SYSCALL(ctx) ((ctx)->r10)
#define PT_REGS_PARM5_SYSCALL(ctx) PT_REGS_PARM5(ctx)
#define PT_REGS_PARM6_SYSCALL(ctx) PT_REGS_PARM6(ctx)

// A dynamic field of a tracepoint: its offset from args in the low half, its length in the high one.
// These end in a semicolon, as BCC's do: scripts leave theirs out.
#define TP_DATA_LOC_READ_CONST(dst, field, length)                              \
  do {                                                                          \
    unsigned short redbee_offset = args->data_loc_##field & 0xFFFF;             \
    bpf_probe_read((void *)dst, length, (char *)args + redbee_offset);          \
  } while (0);
// Into an array never more than it holds: the verifier asks for a bound.
#define TP_DATA_LOC_READ(dst, field)                                                          \
  do {                                                                                        \
    unsigned short redbee_offset = args->data_loc_##field & 0xFFFF;                           \
    unsigned long redbee_length = (unsigned int)args->data_loc_##field >> 16;                 \
    asm volatile("" : "+r"(redbee_length));                                                   \
    if (!__builtin_types_compatible_p(__typeof__(dst), __typeof__(&(dst)[0])) &&              \
        redbee_length > sizeof(dst))                                                          \
      redbee_length = sizeof(dst);                                                            \
    bpf_probe_read((void *)dst, redbee_length, (char *)args + redbee_offset);                 \
  } while (0);
#define TP_DATA_LOC_READ_STR(dst, field, length)                                \
  do {                                                                          \
    unsigned short redbee_offset = args->data_loc_##field & 0xFFFF;             \
    bpf_probe_read_str((void *)dst, length, (char *)args + redbee_offset);      \
  } while (0);
#define TP_DATA_LOC(field) ((char *)args + (args->data_loc_##field & 0xFFFF))

REDBEE_INLINE unsigned int bpf_log2(unsigned int v) {
  unsigned int r, shift;
  r = (v > 0xFFFF) << 4;
  v >>= r;
  shift = (v > 0xFF) << 3;
  v >>= shift;
  r |= shift;
  shift = (v > 0xF) << 2;
  v >>= shift;
  r |= shift;
  shift = (v > 0x3) << 1;
  v >>= shift;
  r |= shift;
  return r | (v >> 1);
}
REDBEE_INLINE unsigned int bpf_log2l(unsigned long v) {
  unsigned int high = v >> 32;
  return high ? bpf_log2(high) + 32 + 1 : bpf_log2(v) + 1;
}
#define lock_xadd(p, v) ((void)__sync_fetch_and_add(p, v))
#define MASK(bits) ((bits) < 64 ? (1ULL << (bits)) - 1 : ~0ULL)
#define bpf_num_cpus() REDBEE_NUM_CPUS
#define bpf_map_lookup_elem_(...) bpf_map_lookup_elem(__VA_ARGS__)
#define bpf_memcpy __builtin_memcpy

// Found by their usual names where the text does not define these itself (type_source.cc).
REDBEE_INLINE void *redbee_memcpy(void *to, const void *from, unsigned long n) {
  return __builtin_memcpy(to, from, n);
}
REDBEE_INLINE void *redbee_memmove(void *to, const void *from, unsigned long n) {
  return __builtin_memmove(to, from, n);
}
REDBEE_INLINE void *redbee_memset(void *to, int byte, unsigned long n) {
  return __builtin_memset(to, byte, n);
}
REDBEE_INLINE int redbee_memcmp(const void *a, const void *b, unsigned long n) {
  for (unsigned long i = 0; i < n; i++)
    if (((const unsigned char *)a)[i] != ((const unsigned char *)b)[i])
      return ((const unsigned char *)a)[i] - ((const unsigned char *)b)[i];
  return 0;
}
