// Entry point of the extension: redbee.so defines native parts of module Redbee and nothing of
// RbBCC, whose names live in lib/.
#include "image.h"
#include "link.h"
#include "map.h"
#include "memory.h"
#include "pointer.h"
#include "reader.h"
#include "record.h"
#include "redbee/log.h"
#include "session.h"
#include "symbols.h"
#include "usdt.h"

extern "C" __attribute__((visibility("default"))) void Init_redbee() {
  using namespace redbee::ruby;   // NOLINT: one list, one namespace
  redbee::log_to_stderr();
  VALUE redbee = rb_define_module("Redbee");
  pointer_init();
  memory_init(redbee);
  record_init(redbee);
  image_init(redbee);
  session_init(redbee);
  map_init(redbee);
  reader_init(redbee);
  link_init(redbee);
  usdt_init(redbee);
  symbols_init(redbee);
}
