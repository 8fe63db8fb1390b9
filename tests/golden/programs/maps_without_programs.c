// needs: maps
struct key { u8 a; u32 b; };
BPF_HASH(only, struct key, unsigned char);
