// needs: maps
// TRACEPOINT_PROBE(no, such_event) { return 0; }
/* TRACEPOINT_PROBE(nor, this_one) { return 0; } */
BPF_HASH(nothing);
