#include "map.h"

#include <algorithm>
#include <cstring>

#include "guard.h"
#include "layout.h"
#include "memory.h"
#include "pointer.h"
#include "text.h"

namespace redbee::ruby {
namespace {

VALUE map_class = Qnil;
ID id_set_type, id_set_size;

void mark(void* data) {
  auto* handle = static_cast<MapHandle*>(data);
  rb_gc_mark(handle->key_type);
  rb_gc_mark(handle->leaf_type);
}

void release(void* data) { delete static_cast<MapHandle*>(data); }

const rb_data_type_t map_type = {
    "Redbee::Map", {mark, release, nullptr, nullptr, {}}, nullptr, nullptr, RUBY_TYPED_FREE_IMMEDIATELY};

MapHandle& handle_of(VALUE self) {
  auto& handle = *static_cast<MapHandle*>(rb_check_typeddata(self, &map_type));
  if (handle.session != nullptr) open_object(*handle.session);
  return handle;
}

// -- what scripts pass ----------------------------------------------------------------------------

bool is_struct(VALUE type) { return RB_TYPE_P(type, T_CLASS); }

// Little-endian and sign-extended, into as many bytes as the kernel has for it. As in C, 8 bytes hold
// -1 as well as 2**64 - 1.
void store_integer(VALUE number, std::vector<std::byte>& bytes, VALUE type) {
  size_t most = is_struct(type) ? 8 : 16;
  if (bytes.size() > most && number != INT2FIX(0)) {
    rb_raise(rb_eArgError, "an Integer cannot be a struct of %zu bytes; pass a pointer", bytes.size());
  }
  int overflow = rb_integer_pack(number, bytes.data(), bytes.size(), 1, 0,
                                 INTEGER_PACK_LITTLE_ENDIAN | INTEGER_PACK_2COMP);
  if (overflow < -1 || overflow > 1) {
    rb_raise(rb_eRangeError, "%" PRIsVALUE " does not fit in %zu bytes", number, bytes.size());
  }
}

// Bytes past what is known of a short pointer are zero, so that text is filled up; half a struct is
// a mistake.
void store(VALUE value, std::vector<std::byte>& bytes, VALUE type, VALUE refusal) {
  if (RB_INTEGER_TYPE_P(value)) return store_integer(value, bytes, type);
  if (!is_pointer(value)) {
    rb_raise(refusal, "%" PRIsVALUE " must be an Integer or a pointer", rb_inspect(value));
  }
  void* address = address_of(value);
  if (address == nullptr) rb_raise(rb_eArgError, "a null pointer has no bytes to take");
  auto known = static_cast<size_t>(known_size(value));
  if (is_struct(type) && known != 0 && known < bytes.size()) {
    rb_raise(rb_eArgError, "a pointer to %zu bytes is no struct of %zu", known, bytes.size());
  }
  size_t copied = known == 0 ? bytes.size() : std::min(known, bytes.size());
  std::memcpy(bytes.data(), address, copied);
  std::memset(bytes.data() + copied, 0, bytes.size() - copied);
}

// As in rbbcc, a pointer that a script allocated knows its type once it has served as a key.
void tell_type(VALUE pointer, VALUE type, size_t size) {
  rb_funcall(pointer, id_set_type, 1, type);
  rb_funcall(pointer, id_set_size, 1, SIZET2NUM(size));
}

Bytes key_bytes(MapHandle& handle, VALUE key) {
  store(key, handle.key_bytes, handle.key_type, rb_eArgError);
  if (!RB_INTEGER_TYPE_P(key) && !is_memory(key) && rb_respond_to(key, id_set_type)) {
    tell_type(key, handle.key_type, handle.key_size);
  }
  return handle.key_bytes;
}

// -- what scripts get -----------------------------------------------------------------------------

VALUE remember(Bytes bytes, size_t shown, VALUE type) {
  size_t missing = shown > bytes.size() ? shown - bytes.size() : 0;   // a script may claim more
  VALUE memory = memory_new(bytes.size(), type, missing);
  std::memcpy(memory_of(memory).bytes, bytes.data(), bytes.size());
  memory_of(memory).size = static_cast<long>(shown);
  return memory;
}

VALUE key_memory(const MapHandle& handle, Bytes key) { return remember(key, handle.key_size, handle.key_type); }

VALUE leaf_memory(const MapHandle& handle, Bytes leaf) {
  return remember(leaf, handle.leaf_size, handle.leaf_type);
}

VALUE zero_leaf(const MapHandle& handle) {
  VALUE memory = memory_new(std::max(handle.leaf_bytes.size(), handle.leaf_size), handle.leaf_type);
  Memory& leaf = memory_of(memory);
  std::memset(leaf.bytes, 0, static_cast<size_t>(leaf.size));
  leaf.size = static_cast<long>(handle.leaf_size);
  return memory;
}

// -- one entry ------------------------------------------------------------------------------------

using Read = Result<bool> (*)(MapHandle& handle);

// `read` fills leaf_bytes; nil when it found nothing.
VALUE read_leaf(MapHandle& handle, Read read) {
  return guard([&]() -> Result<VALUE> {
    if (!TRY(read(handle))) return Qnil;
    return protect([&] { return leaf_memory(handle, handle.leaf_bytes); });
  });
}

VALUE lookup(VALUE self, VALUE key) {
  MapHandle& handle = handle_of(self);
  key_bytes(handle, key);
  return read_leaf(handle, [](MapHandle& h) { return h.map->lookup(h.key_bytes, h.leaf_bytes); });
}

// rbbcc's reading: a key that is not there has a leaf of zeroes.
VALUE fetch_or_zero(VALUE self, VALUE key) {
  VALUE leaf = lookup(self, key);
  return leaf == Qnil ? zero_leaf(handle_of(self)) : leaf;
}

VALUE take(VALUE self, VALUE key) {
  MapHandle& handle = handle_of(self);
  key_bytes(handle, key);
  return read_leaf(handle, [](MapHandle& h) { return h.map->lookup_and_delete(h.key_bytes, h.leaf_bytes); });
}

VALUE pop(VALUE self) {
  return read_leaf(handle_of(self), [](MapHandle& h) { return h.map->pop(h.leaf_bytes); });
}

VALUE peek(VALUE self) {
  return read_leaf(handle_of(self), [](MapHandle& h) { return h.map->peek(h.leaf_bytes); });
}

UpdateMode update_mode(VALUE mode) {
  if (mode == Qnil) return UpdateMode::any;
  if (mode == symbol("new")) return UpdateMode::only_new;
  if (mode == symbol("existing")) return UpdateMode::only_existing;
  rb_raise(rb_eArgError, "mode is :new or :existing, not %" PRIsVALUE, rb_inspect(mode));
}

// update(key, leaf, mode = nil): false when the mode forbids it.
VALUE update(int argc, VALUE* argv, VALUE self) {
  rb_check_arity(argc, 2, 3);
  MapHandle& handle = handle_of(self);
  UpdateMode mode = update_mode(argc == 3 ? argv[2] : Qnil);
  store(argv[1], handle.leaf_bytes, handle.leaf_type, rb_eKeyError);
  key_bytes(handle, argv[0]);
  return guard([&]() -> Result<VALUE> {
    return TRY(handle.map->update(handle.key_bytes, handle.leaf_bytes, mode)) ? Qtrue : Qfalse;
  });
}

VALUE erase(VALUE self, VALUE key) {
  MapHandle& handle = handle_of(self);
  key_bytes(handle, key);
  return guard([&]() -> Result<VALUE> { return TRY(handle.map->erase(handle.key_bytes)) ? Qtrue : Qfalse; });
}

VALUE push(VALUE self, VALUE leaf) {
  MapHandle& handle = handle_of(self);
  store(leaf, handle.leaf_bytes, handle.leaf_type, rb_eKeyError);
  return guard([&]() -> Result<VALUE> {
    TRY(handle.map->push(handle.leaf_bytes));
    return Qtrue;
  });
}

VALUE next_key(VALUE self, VALUE key) {
  MapHandle& handle = handle_of(self);
  if (key != Qnil) key_bytes(handle, key);
  return guard([&]() -> Result<VALUE> {
    std::vector<std::byte> next(handle.key_bytes.size());
    Bytes from = key == Qnil ? Bytes{} : Bytes{handle.key_bytes};
    if (!TRY(handle.map->next_key(from, next))) return Qnil;
    return protect([&] { return key_memory(handle, next); });
  });
}

// -- all entries ----------------------------------------------------------------------------------

// All objects made while `make` runs are kept: collecting garbage in between would be work for nothing.
template <typename Make>
VALUE without_gc(Make&& make) {
  bool was_off = RTEST(rb_gc_disable());
  try {
    VALUE made = protect(make);
    if (!was_off) rb_gc_enable();
    return made;
  } catch (const Jump&) {
    if (!was_off) rb_gc_enable();
    throw;
  }
}

VALUE pairs(const MapHandle& handle, const Entries& entries) {
  VALUE all = rb_ary_new_capa(static_cast<long>(entries.size()));
  for (size_t i = 0; i < entries.size(); ++i) {
    VALUE key = key_memory(handle, entries.key(i));
    VALUE leaf = leaf_memory(handle, entries.value(i));
    rb_ary_push(all, rb_assoc_new(key, leaf));
  }
  return all;
}

VALUE entries(VALUE self) {
  MapHandle& handle = handle_of(self);
  return guard([&]() -> Result<VALUE> {
    Entries all = TRY(handle.map->entries());
    return without_gc([&] { return pairs(handle, all); });
  });
}

VALUE take_entries(VALUE self) {
  MapHandle& handle = handle_of(self);
  return guard([&]() -> Result<VALUE> {
    Entries all = TRY(handle.map->take_entries());
    return without_gc([&] { return pairs(handle, all); });
  });
}

// Yields each entry; the block may delete entries, break and raise. Returns the keys, as rbbcc does.
template <typename Each>
VALUE each(VALUE self, Each&& yield) {
  MapHandle& handle = handle_of(self);
  return guard([&]() -> Result<VALUE> {
    Entries all = TRY(handle.map->entries());
    return protect([&] {
      VALUE keys = rb_ary_new_capa(static_cast<long>(all.size()));
      for (size_t i = 0; i < all.size(); ++i) {
        VALUE key = key_memory(handle, all.key(i));
        rb_ary_push(keys, key);
        yield(handle, all, i, key);
      }
      return keys;
    });
  });
}

VALUE each_entry(VALUE self) {
  return each(self, [](const MapHandle& handle, const Entries& all, size_t i, VALUE key) {
    rb_yield_values(2, key, leaf_memory(handle, all.value(i)));
  });
}

VALUE each_key(VALUE self) {
  return each(self, [](const MapHandle&, const Entries&, size_t, VALUE key) { rb_yield(key); });
}

VALUE each_leaf(VALUE self) {
  return each(self, [](const MapHandle& handle, const Entries& all, size_t i, VALUE) {
    rb_yield(leaf_memory(handle, all.value(i)));
  });
}

// An Array of what `make` makes of each entry.
template <typename Make>
VALUE collect(VALUE self, Make&& make) {
  MapHandle& handle = handle_of(self);
  return guard([&]() -> Result<VALUE> {
    Entries all = TRY(handle.map->entries());
    return without_gc([&] {
      VALUE array = rb_ary_new_capa(static_cast<long>(all.size()));
      for (size_t i = 0; i < all.size(); ++i) rb_ary_push(array, make(handle, all, i));
      return array;
    });
  });
}

VALUE keys(VALUE self) {
  return collect(self, [](const MapHandle& handle, const Entries& all, size_t i) {
    return key_memory(handle, all.key(i));
  });
}

VALUE leaves(VALUE self) {
  return collect(self, [](const MapHandle& handle, const Entries& all, size_t i) {
    return leaf_memory(handle, all.value(i));
  });
}

VALUE clear(VALUE self) {
  MapHandle& handle = handle_of(self);
  return guard([&]() -> Result<VALUE> {
    TRY(handle.map->clear());
    return Qnil;
  });
}

VALUE count(VALUE self) {
  MapHandle& handle = handle_of(self);
  return guard([&]() -> Result<VALUE> { return SIZET2NUM(TRY(handle.map->count())); });
}

// -- about the map --------------------------------------------------------------------------------

VALUE fd(VALUE self) { return INT2FIX(handle_of(self).map->fd()); }
VALUE name(VALUE self) { return utf8(handle_of(self).map->name()); }
VALUE type(VALUE self) { return UINT2NUM(handle_of(self).map->info().type); }
VALUE flags(VALUE self) { return UINT2NUM(handle_of(self).map->info().flags); }
VALUE max_entries(VALUE self) { return UINT2NUM(handle_of(self).map->info().max_entries); }
VALUE key_size(VALUE self) { return SIZET2NUM(handle_of(self).map->key_size()); }
VALUE value_size(VALUE self) { return SIZET2NUM(handle_of(self).map->value_size()); }
VALUE is_per_cpu(VALUE self) { return handle_of(self).map->is_per_cpu() ? Qtrue : Qfalse; }
VALUE key_type(VALUE self) { return handle_of(self).key_type; }
VALUE leaf_type(VALUE self) { return handle_of(self).leaf_type; }

// shape(key_type, key_size, leaf_type, leaf_size): how keys and leaves are shown from now on.
VALUE shape(VALUE self, VALUE key_type, VALUE key_size, VALUE leaf_type, VALUE leaf_size) {
  MapHandle& handle = handle_of(self);
  handle.key_size = NUM2SIZET(key_size);
  handle.leaf_size = NUM2SIZET(leaf_size);
  handle.key_type = key_type;
  handle.leaf_type = leaf_type;
  return self;
}

VALUE pin(VALUE self, VALUE path) {
  MapHandle& handle = handle_of(self);
  StringValue(path);
  return guard([&]() -> Result<VALUE> {
    TRY(handle.map->pin(string_of(path)));
    return path;
  });
}

VALUE wrap(MapHandle&& handle) {
  const Map& map = *handle.map;
  handle.key_size = map.key_size();
  handle.leaf_size = map.value_bytes();
  handle.key_bytes.resize(map.key_size());
  handle.leaf_bytes.resize(map.value_bytes());
  return TypedData_Wrap_Struct(map_class, &map_type, new MapHandle(std::move(handle)));
}

// Map.from_pin(path): a map that another program left on a bpffs.
VALUE from_pin(VALUE, VALUE path) {
  StringValue(path);
  return guard([&]() -> Result<VALUE> {
    MapHandle handle;
    handle.pinned = TRY(PinnedMap::open(string_of(path)));
    handle.map = handle.pinned->map();
    return wrap(std::move(handle));
  });
}

// Map.from_id(id): a map that exists already, by the kernel's number for it.
VALUE from_id(VALUE, VALUE id) {
  uint32_t number = NUM2UINT(id);
  return guard([&]() -> Result<VALUE> {
    MapHandle handle;
    handle.pinned = TRY(PinnedMap::open_id(number));
    handle.map = handle.pinned->map();
    return wrap(std::move(handle));
  });
}

void define_access() {
  rb_define_method(map_class, "lookup", lookup, 1);
  rb_define_method(map_class, "[]", fetch_or_zero, 1);
  rb_define_method(map_class, "take", take, 1);
  rb_define_method(map_class, "pop", pop, 0);
  rb_define_method(map_class, "peek", peek, 0);
  rb_define_method(map_class, "push", push, 1);
  rb_define_method(map_class, "update", update, -1);
  rb_define_method(map_class, "delete", erase, 1);
  rb_define_method(map_class, "next_key", next_key, 1);
  rb_define_method(map_class, "entries", entries, 0);
  rb_define_method(map_class, "keys", keys, 0);
  rb_define_method(map_class, "leaves", leaves, 0);
  rb_define_method(map_class, "take_entries", take_entries, 0);
  rb_define_method(map_class, "each_entry", each_entry, 0);
  rb_define_method(map_class, "each_key", each_key, 0);
  rb_define_method(map_class, "each_leaf", each_leaf, 0);
  rb_define_method(map_class, "clear", clear, 0);
  rb_define_method(map_class, "count", count, 0);
}

void define_facts() {
  rb_define_method(map_class, "fd", fd, 0);
  rb_define_method(map_class, "name", name, 0);
  rb_define_method(map_class, "type", type, 0);
  rb_define_method(map_class, "flags", flags, 0);
  rb_define_method(map_class, "max_entries", max_entries, 0);
  rb_define_method(map_class, "key_size", key_size, 0);
  rb_define_method(map_class, "value_size", value_size, 0);
  rb_define_method(map_class, "per_cpu?", is_per_cpu, 0);
  rb_define_method(map_class, "key_type", key_type, 0);
  rb_define_method(map_class, "leaf_type", leaf_type, 0);
  rb_define_method(map_class, "shape", shape, 4);
  rb_define_method(map_class, "pin", pin, 1);
}

}  // namespace

VALUE map_new(std::shared_ptr<Session> session, const Map& map, VALUE layouts) {
  MapHandle handle;
  handle.session = std::move(session);
  handle.map = map;
  handle.key_type = ruby_type(layouts, map.facts().key);
  handle.leaf_type = ruby_type(layouts, map.facts().leaf);
  return wrap(std::move(handle));
}

const Map& map_of(VALUE object) { return *handle_of(object).map; }

void map_init(VALUE redbee) {
  id_set_type = rb_intern("bcc_value_type=");
  id_set_size = rb_intern("bcc_size=");
  map_class = rb_define_class_under(redbee, "Map", rb_cObject);
  rb_gc_register_mark_object(map_class);
  rb_undef_alloc_func(map_class);
  rb_define_singleton_method(map_class, "from_pin", from_pin, 1);
  rb_define_singleton_method(map_class, "from_id", from_id, 1);
  define_access();
  define_facts();
}

}  // namespace redbee::ruby
