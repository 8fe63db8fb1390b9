// The names of one Ruby frame, copied at first sight: path, labels, line and method entry.
#pragma once

#include "profiler/unwind/ruby_stack.h"

enum {
  RB_T_MASK = 0x1f,
  RB_T_STRING = 5,
  RB_T_ARRAY = 7,
  RB_FL_AGES = 3 << 5,    // how many collections it has survived, or (from 3.3) whether it is old
  RB_FL_USER1 = 1 << 13,  // a string not embedded, an array embedded
  RB_IMMEDIATE_POSITIONS = 54,
  RB_DEFINITION_ORIGINAL_ID = 32,
  RB_METHOD_OWNER = 32,
  RB_LAST_CONSTANT = 63,   // nil, true, false, undef: no object lies so low
  RB_ISEQ_RESCUE = 4,
  RB_ISEQ_ENSURE = 5,
  RB_ISEQ_EVAL = 6,
  RB_MAX_CLAUSE_DEPTH = 4,  // clauses and evals inside each other
};

// What looking at a frame's names came to.
enum rb_naming { rb_name_is_same = 0, rb_name_is_new, rb_name_is_unreadable };

struct rb_text {
  uint64_t bytes, length;  // bytes 0: unreadable, or not a string
};

RB_INLINE struct rb_text rb_find_text(rb_memory memory, const struct rb_process* process,
                                      uint64_t string) {
  uint64_t object[4];  // flags, class, length, pointer (or the bytes themselves)
  struct rb_text text = {0, 0};
  if (rb_read(memory, object, sizeof object, string)) return text;
  if ((object[0] & RB_T_MASK) != RB_T_STRING) return text;
  if (object[0] & RB_FL_USER1) {
    text.bytes = object[3];
    text.length = object[2];
  } else if (process->string_embedded == 16) {
    text.bytes = string + 16;
    text.length = (object[0] >> 14) & 0x1f;
  } else {
    text.bytes = string + 24;
    text.length = object[2];
  }
  return text;
}

struct rb_path {
  uint64_t string;
  int is_of_file;  // the code was loaded from a file, not evaluated from a string
};

// Up to Ruby 3.0 evaluated code has a real path too: the one it was given.
RB_INLINE int rb_is_absolute(rb_memory memory, const struct rb_process* process, uint64_t path) {
  char first = 0;
  struct rb_text text = rb_find_text(memory, process, path);
  if (text.length) rb_read(memory, &first, 1, text.bytes);
  return first == '/';
}

// pathobj is the path where it is the real path as well, or an array of both; from Ruby 3.1 the real
// path of evaluated code is nil.
RB_INLINE struct rb_path rb_find_path(rb_memory memory, const struct rb_process* process,
                                      uint64_t pathobj) {
  uint64_t object[5] = {0};  // flags, class, then the elements, or length, capacity and their address
  struct rb_path path = {pathobj, 1};
  if (rb_read(memory, object, sizeof object, pathobj)) return path;
  if ((object[0] & RB_T_MASK) != RB_T_ARRAY) {
    if (process->string_embedded == 16) path.is_of_file = rb_is_absolute(memory, process, pathobj);
    return path;
  }
  uint64_t elements[2] = {object[2], object[3]};
  if (!(object[0] & RB_FL_USER1)) rb_read(memory, elements, sizeof elements, object[4]);
  path.string = elements[0];
  path.is_of_file = elements[1] > RB_LAST_CONSTANT;
  return path;
}

// An expression: 0 when the text was copied.
#define RB_COPY_TEXT(memory, text, destination)                                              \
  ({                                                                                         \
    uint64_t length_ = (text).length;                                                        \
    long failed_ = !(text).bytes;                                                            \
    if (length_ > sizeof(destination)) length_ = sizeof(destination);                        \
    if (length_ > 0) failed_ |= rb_read(memory, destination, (uint32_t)length_, (text).bytes); \
    failed_;                                                                                 \
  })

RB_INLINE uint32_t rb_count_bits(uint64_t bits) {
  bits = bits - ((bits >> 1) & 0x5555555555555555ULL);
  bits = (bits & 0x3333333333333333ULL) + ((bits >> 2) & 0x3333333333333333ULL);
  bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
  return (uint32_t)((bits * 0x0101010101010101ULL) >> 56);
}

// Which entry of the line table holds for an instruction: a succinct bit vector (iseq.c,
// succ_index_lookup). The first 54 positions are 7-bit numbers, the rest ranks in blocks of 512.
RB_INLINE uint32_t rb_line_index(rb_memory memory, uint64_t table, uint64_t position) {
  if (position < RB_IMMEDIATE_POSITIONS)
    return (rb_read_word(memory, table + 8 * (position / 9)) >> (7 * (position % 9))) & 0x7f;
  uint64_t offset = position - RB_IMMEDIATE_POSITIONS;
  uint64_t block = table + 48 + 80 * (offset / 512);
  uint32_t word = (offset % 512) / 64, bit = offset % 64;
  uint64_t head[2] = {0, 0};  // rank, small_block_ranks
  rb_read(memory, head, sizeof head, block);
  uint64_t bits = rb_read_word(memory, block + 16 + 8 * word);
  uint32_t small = word ? (uint32_t)(head[1] >> (9 * (word - 1))) & 0x1ff : 0;
  return (uint32_t)head[0] + small + rb_count_bits(bits << (63 - bit));
}

RB_INLINE int32_t rb_line(rb_memory memory, const struct rb_process* process, uint64_t body,
                          uint64_t encoded, uint64_t size, uint64_t pc) {
  uint64_t info[4];  // body, positions, size, succ_index_table
  int32_t line = 0;
  if (pc < encoded || pc > encoded + 8 * size) return 0;
  if (rb_read(memory, info, sizeof info, body + process->body_insns_info)) return 0;
  uint64_t position = (pc - encoded) / 8;
  if (position) position--;  // the pc points behind the instruction
  uint32_t entries = (uint32_t)info[2];
  if (!entries) return 0;
  uint32_t index = entries == 1 ? 1 : rb_line_index(memory, info[3], position);
  if (index == 0 || index > entries) return 0;
  rb_read(memory, &line, sizeof line, info[0] + (uint64_t)(index - 1) * process->insn_info_size);
  return line;
}

// Outwards through the environments of blocks to the one that belongs to a method
// (vm_insnhelper.c, rb_vm_frame_method_entry).
RB_INLINE uint64_t rb_method_entry(rb_memory memory, uint64_t ep) {
  for (int i = 0; i < RB_MAX_BLOCK_DEPTH; i++) {
    uint64_t environment[3];
    if (rb_read(memory, environment, sizeof environment, ep - 16)) return 0;
    uint64_t entry = environment[0];
    if (entry) {
      uint64_t kind = (rb_read_word(memory, entry) >> 12) & 0xf;
      if (kind == RB_IMEMO_METHOD_ENTRY) return entry;
      if (kind == RB_IMEMO_SVAR) {
        entry = rb_read_word(memory, entry + 8);
        kind = (rb_read_word(memory, entry) >> 12) & 0xf;
        if (kind == RB_IMEMO_METHOD_ENTRY) return entry;
      }
    }
    if (environment[2] & RB_ENV_FLAG_LOCAL) return 0;
    ep = environment[1] & ~3ULL;
  }
  return 0;
}

RB_INLINE uint64_t rb_mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  uint64_t mixed = a * 0x9e3779b97f4a7c15ULL ^ (b << 17 | b >> 47);
  return (mixed ^ c) * 0xff51afd7ed558ccdULL ^ d;
}

// All that a name consists of. Its texts are zero beyond their lengths.
RB_INLINE uint64_t rb_mix_name(const struct rb_name* name, uint64_t print) {
  const uint64_t* words = (const uint64_t*)name->path;
  print ^= (uint64_t)(uint32_t)name->line;
  for (uint32_t i = 0; i < RB_NAME_TEXT_BYTES / 8; i++)
    print = (print ^ words[i]) * 0x9e3779b97f4a7c15ULL ^ print >> 29;
  return print;
}

// Is this frame what it was when it was named last?
RB_INLINE int rb_is_unchanged(const struct rb_unnamed* frame, uint64_t print) {
  struct rb_seen* seen = rb_seen_entry(frame->entry & (RB_SEEN_FRAMES - 1));
  return seen && frame->is_stale && seen->print == print;
}

RB_INLINE void rb_remember(const struct rb_unnamed* frame, uint64_t print) {
  struct rb_seen* seen = rb_seen_entry(frame->entry & (RB_SEEN_FRAMES - 1));
  if (seen) seen->print = print;
}

// Minor collections free no old object, so what is old needs no look until the next major one. The flag alone
// does not say so while a major collection is under way, which may free or move any object it has not
// reached yet: it is believed when another collection has begun since the major one, for each finishes its
// sweep before the next begins (gc.c: garbage_collect, gc_rest).
RB_INLINE void rb_note_age(const struct rb_slot* slot, const struct rb_unnamed* frame, uint64_t flags) {
  struct rb_seen* seen = rb_seen_entry(frame->entry & (RB_SEEN_FRAMES - 1));
  if (!seen || !slot->knows_gc_major) return;
  uint64_t age = rb_age(slot, rb_frame_tag(slot, frame->code, frame->pc));
  uint64_t old_flags = slot->process.gc_old_flags;
  int is_later = frame->is_stale && seen->age == age;
  seen->age = is_later && (flags & old_flags) == old_flags ? age | RB_IS_OLD : age;
}

// New: slot->c_name is to be sent.
RB_INLINE enum rb_naming rb_name_c_frame(rb_memory memory, struct rb_slot* slot,
                              const struct rb_unnamed* frame) {
  struct rb_c_name* name = &slot->c_name;
  uint64_t entry[5];  // flags, defined_class, def, called_id, owner
  if (rb_read(memory, entry, sizeof entry, frame->code)) return rb_name_is_unreadable;
  uint64_t print = rb_mix(entry[0] & ~RB_FL_AGES, entry[2], entry[3], entry[4]);
  rb_note_age(slot, frame, entry[0]);
  if (rb_is_unchanged(frame, print)) return rb_name_is_same;
  rb_remember(frame, print);
  name->type = rb_record_c_name;
  name->pid = slot->sample.pid;
  name->method = frame->code;
  name->original_id = rb_read_word(memory, entry[2] + RB_DEFINITION_ORIGINAL_ID);
  name->owner = entry[4];
  name->gc_epoch = slot->sample.gc_epoch;
  return name->original_id ? rb_name_is_new : rb_name_is_unreadable;
}

// The start of an iseq's body: type, size, code, …, location.
struct rb_body_head {
  uint64_t type_and_size, encoded, param[6];
  uint64_t pathobj, base_label, label;
};

// From Ruby 3.4 the label of a rescue or ensure clause, or of evaluated code, is that of the code
// around it (vm_backtrace.c, calculate_iseq_label).
RB_INLINE uint64_t rb_shown_label(rb_memory memory, const struct rb_process* process,
                                  uint64_t body, uint64_t label) {
  if (!process->body_parent_iseq) return label;
  for (int i = 0; i < RB_MAX_CLAUSE_DEPTH; i++) {
    uint32_t type = (uint32_t)rb_read_word(memory, body) & 0xff;
    if (type < RB_ISEQ_RESCUE || type > RB_ISEQ_EVAL) break;
    uint64_t parent = rb_read_word(memory, body + process->body_parent_iseq);
    if (!parent) break;
    body = rb_read_word(memory, parent + RB_ISEQ_BODY);
    if (!body) break;
    label = rb_read_word(memory, body + RB_BODY_LOCATION + 16);
  }
  return label;
}

// New: slot->name is to be sent.
RB_INLINE enum rb_naming rb_name_frame(rb_memory memory, struct rb_slot* slot,
                            const struct rb_unnamed* frame) {
  struct rb_name* name = &slot->name;
  const struct rb_process* process = &slot->process;
  struct rb_body_head head;
  uint64_t body = rb_read_word(memory, frame->code + RB_ISEQ_BODY);
  if (!body || rb_read(memory, &head, sizeof head, body)) return rb_name_is_unreadable;
  rb_note_age(slot, frame, frame->is_stale ? rb_read_word(memory, frame->code) : 0);
  // Code of a file keeps its names in strings of its own, so their addresses tell, and nothing else is
  // looked at after each collection. Evaluated code comes and goes, and all of its addresses may come
  // again with other names in them: only the names themselves tell.
  uint64_t print = rb_mix(head.encoded ^ head.type_and_size << 48, head.pathobj, head.base_label, head.label);
  uint64_t print_of_file = print | 1;
  if (rb_is_unchanged(frame, print_of_file)) return rb_name_is_same;
  struct rb_path found = rb_find_path(memory, process, head.pathobj);
  if ((head.type_and_size & 0xff) == RB_ISEQ_EVAL) found.is_of_file = 0;
  name->type = rb_record_name;
  name->pid = slot->sample.pid;
  name->iseq = frame->code;
  name->pc = frame->pc;
  name->gc_epoch = slot->sample.gc_epoch;
  name->iseq_type = (uint32_t)head.type_and_size;
  name->line = rb_line(memory, process, body, head.encoded, head.type_and_size >> 32, frame->pc);
  uint64_t method = rb_method_entry(memory, frame->ep);
  name->owner = method ? rb_read_word(memory, method + RB_METHOD_OWNER) : 0;
  struct rb_text path = rb_find_text(memory, process, found.string);
  struct rb_text base_label = rb_find_text(memory, process, head.base_label);
  struct rb_text label =
      rb_find_text(memory, process, rb_shown_label(memory, process, body, head.label));
  name->path_length = (uint16_t)path.length;
  name->label_length = (uint16_t)label.length;
  name->base_label_length = (uint16_t)base_label.length;
  memset(name->path, 0, RB_NAME_TEXT_BYTES);
  if (RB_COPY_TEXT(memory, path, name->path)) return rb_name_is_unreadable;
  if (RB_COPY_TEXT(memory, base_label, name->base_label)) return rb_name_is_unreadable;
  if (RB_COPY_TEXT(memory, label, name->label)) return rb_name_is_unreadable;
  if (!found.is_of_file) {
    print = rb_mix_name(name, print) & ~1ULL;
    if (rb_is_unchanged(frame, print)) return rb_name_is_same;
  }
  rb_remember(frame, found.is_of_file ? print_of_file : print);
  return rb_name_is_new;
}
