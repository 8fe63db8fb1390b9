# frozen_string_literal: true

require_relative "helper"

# Events have a method for each field, whatever C type it has.
class TypesTest < BpfTest
  # The event that `fill` makes of `struct data_t`.
  def event_of(declaration, fill)
    bpf = program("#{declaration}\nBPF_PERF_OUTPUT(events);\n" +
                  on_getppid("struct data_t data = {}; #{fill} events.perf_submit(args, &data, sizeof(data));"))
    received = nil
    bpf["events"].open_perf_buffer { |_cpu, data, _size| received = bpf["events"].event(data) }
    call_getppid(1)
    bpf.perf_buffer_poll(1000)
    received
  end

  def test_integers_of_every_size
    event = event_of("struct data_t { s8 a; u8 b; s16 c; u16 d; s32 e; u32 f; s64 g; u64 h; };",
                     "data.a = -1; data.b = 200; data.c = -2; data.d = 60000; data.e = -3; data.f = 4000000000U;" \
                     "data.g = -4; data.h = 18446744073709551615ULL;")
    assert_equal({ a: -1, b: 200, c: -2, d: 60_000, e: -3, f: 4_000_000_000, g: -4, h: 2**64 - 1 }, event.to_h)
    assert_equal 200, event.b
    assert_equal 2**64 - 1, event[:h]
  end

  def test_typedefs_bools_enums_and_pointers
    event = event_of("enum color { RED = 3, GREEN };\n" \
                     "struct data_t { pid_t pid; bool yes; bool no; enum color color; size_t size; void *where; __u32 old; };",
                     "data.pid = -7; data.yes = true; data.color = GREEN; data.size = 5; data.where = (void *)0xffff000000000001ULL; data.old = 9;")
    assert_equal [-7, true, false, 4, 5, 0xffff000000000001, 9],
                 [event.pid, event.yes, event.no, event.color, event.size, event.where, event.old]
  end

  def test_arrays_and_text
    event = event_of("struct data_t { char name[8]; u8 mac[6]; u32 numbers[3]; char full[2]; };",
                     'data.name[0] = \'h\'; data.name[1] = \'i\'; data.mac[5] = 255; data.numbers[2] = 7; data.full[0] = \'x\'; data.full[1] = \'y\';')
    assert_equal ["hi", [0, 0, 0, 0, 0, 255], [0, 0, 7], "xy"], [event.name, event.mac, event.numbers, event.full]
    assert_equal Encoding::BINARY, event.name.encoding
  end

  def test_nested_structs_unions_and_anonymous_members
    event = event_of("struct point { int x; int y; };\n" \
                     "struct data_t { struct point at; union { u32 v4; u8 v6[16]; }; struct { u16 port; }; struct point path[2]; };",
                     "data.at.x = 1; data.at.y = 2; data.v4 = 0x01020304; data.port = 80; data.path[1].y = 5;")
    assert_equal [1, 2], [event.at.x, event.at.y]
    assert_equal [0x01020304, [4, 3, 2, 1], 80, 5], [event.v4, event.v6.first(4), event.port, event.path[1].y]
    assert_equal({ x: 1, y: 2 }, event.to_h[:at])
  end

  def test_packed_structs_and_bit_fields
    event = event_of("struct data_t { u8 a; u32 b; u64 c; } __attribute__((packed));",
                     "data.a = 1; data.b = 2; data.c = 3;")
    assert_equal [1, 2, 3], [event.a, event.b, event.c]
    assert_equal 13, event.class.size
    event = event_of("struct data_t { u32 low : 3; u32 middle : 9; u32 high : 20; s32 sign : 4; };",
                     "data.low = 5; data.middle = 300; data.high = 1048575; data.sign = -3;")
    assert_equal [5, 300, 1_048_575, -3], [event.low, event.middle, event.high, event.sign]
  end

  def test_fields_may_be_called_like_methods
    event = event_of("struct data_t { u32 type; u32 size; u32 hash; u32 class; u32 object_id; };",
                     "data.type = 1; data.size = 2; data.hash = 3; data.class = 4; data.object_id = 5;")
    assert_equal [1, 2, 3, 4, 5], %i[type size hash class object_id].map { |name| event.public_send(name) }
  end

  def test_structs_with_very_many_fields
    fields = (0...60).map { |i| "u32 f#{i};" }.join(" ")
    event = event_of("struct data_t { #{fields} };", "data.f0 = 1; data.f59 = 59; data.f50 = 50;")
    assert_equal [1, 50, 59], [event.f0, event.f50, event.f59]
  end

  def test_an_event_can_be_changed_and_compared
    event = event_of("struct data_t { u32 a; char name[4]; };", "data.a = 1;")
    copy = event.class.copy(event.to_ptr)
    assert_equal event, copy
    copy.a = 2
    copy.name = "ab"
    refute_equal event, copy
    assert_equal [2, "ab", 1], [copy.a, copy.name, event.a]
    assert_raises(RangeError) { copy.name = "too long" }
    assert_raises(ArgumentError) { copy[:nothing] }
    assert_equal %w[a name], event.class.members
    assert_includes event.inspect, "data_t"
  end

  def test_a_script_may_bring_its_own_struct
    bpf = program("BPF_PERF_OUTPUT(events);\n" + on_getppid("u64 pair[2] = {1, 2}; events.perf_submit(args, &pair, sizeof(pair));"))
    mine = Fiddle::Importer.struct(["unsigned long long a", "unsigned long long b"])
    seen = nil
    bpf["events"].open_perf_buffer { |_, data, size| seen = [mine.new(data).then { |e| [e.a, e.b] }, data[0, 16].unpack("QQ"), size] }
    call_getppid(1)
    bpf.perf_buffer_poll(1000)
    assert_equal [[1, 2], [1, 2]], seen.first(2)
    assert_operator seen.last, :>=, 16
  end

  def test_reading_past_the_end_gives_zeroes
    table = program("BPF_HASH(t, u32, u32);")["t"]
    table[1] = 0x41424344
    leaf = table[1]
    assert_equal ["DCBA\0\0", "CBA", "\0\0", 0x44, 0], [leaf[0, 6], leaf[1, 3], leaf[9, 2], leaf[0], leaf[4]]
    assert_raises(IndexError) { leaf[-1, 2] }
    wide = Fiddle::Importer.struct(["long a", "long b"])
    assert_equal [0x41424344, 0], bpf_leaf(table, wide).then { |value| [value.a, value.b] }
  end

  def test_a_struct_needs_as_many_bytes_as_it_has
    bpf = program("struct big { u64 a; u64 b; };\nBPF_HASH(small, u32, u32); BPF_HASH(large, u32, struct big);")
    bpf["small"][1] = 1
    assert_raises(ArgumentError) { bpf["large"].leaftype.new(bpf["small"][1]) }
  end

  private

  def bpf_leaf(table, type)
    table.bpf.get_table("t", leaftype: type)[1].to_bcc_value
  end
end
