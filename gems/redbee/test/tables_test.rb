# frozen_string_literal: true

require_relative "helper"

class TablesTest < BpfTest
  def test_a_hash_counts_what_the_program_saw
    bpf = program("BPF_HASH(counts, u32, u64);\n" + on_getppid("counts.increment(bpf_get_current_pid_tgid() >> 32);"))
    call_getppid(37)
    table = bpf["counts"]
    assert_instance_of RbBCC::HashTable, table
    assert_equal 37, table[Process.pid].to_bcc_value
    assert_equal [[Process.pid, 37]], table.items.map { |k, v| [k.to_bcc_value, v.to_bcc_value] }
  end

  def test_keys_and_leaves_are_fiddle_pointers_with_sizes_and_types
    table = program("BPF_HASH(t, u32, u64);")["t"]
    table[1] = 2
    key, leaf = table.items.first
    assert_kind_of Fiddle::Pointer, key
    assert_equal [4, 8], [key.size, leaf.size]
    assert_equal ["unsigned int", "unsigned long long"], [key.bcc_value_type, leaf.bcc_value_type]
    assert_equal [1], key[0, 4].unpack("L")
    assert_equal [1, 2, 4, 8, nil], [table.ttype, leaf.to_bcc_value, table.keysize, table.leafsize, table.lookup(7)]
  end

  def test_a_missing_key_reads_as_zero
    table = program("BPF_HASH(t, u32, u64);")["t"]
    assert_equal 0, table[12345].to_bcc_value
    assert_equal 0, table.fetch(12345).to_bcc_value
    refute table.key?(12345)
    assert_empty table.items
  end

  def test_values_of_4_and_8_bytes_are_signed_and_value_goes_by_the_type
    bpf = program("BPF_HASH(wide, u32, u64); BPF_HASH(narrow, int, s16); BPF_HASH(small, u32, u8);")
    bpf["wide"][1] = -1
    bpf["narrow"][1] = -2
    bpf["small"][1] = 65
    assert_equal [-1, 2**64 - 1], [bpf["wide"][1].to_bcc_value, bpf["wide"][1].value]
    assert_equal(-2, bpf["narrow"][1].value)
    assert_equal ["A", 65], [bpf["small"][1].to_bcc_value, bpf["small"][1].value]
    assert_equal({ 1 => 65 }, bpf["small"].to_h)
  end

  def test_wrong_keys_and_leaves_are_refused
    table = program("BPF_HASH(t, u32, u64);")["t"]
    assert_raises(ArgumentError) { table["one"] }
    assert_raises(KeyError) { table[1] = "one" }
    assert_raises(KeyError) { table.delete(9) }
    assert_raises(TypeError) { table.next(1) }
    assert_raises(StopIteration) { table.next(nil) }
  end

  def test_a_full_table_raises_an_errno
    table = program("BPF_HASH(t, u32, u64, 2);")["t"]
    error = assert_raises(SystemCallError) { 100.times { |i| table[i] = i } }
    assert_equal Errno::E2BIG::Errno, error.errno
    assert_kind_of Redbee::Error, error
  end

  def test_pointers_serve_as_keys_and_leaves
    table = program("BPF_HASH(t, u32, u64);")["t"]
    key = Fiddle::Pointer.malloc(4, Fiddle::RUBY_FREE)
    key[0, 4] = [77].pack("L")
    table[key] = 5
    assert_equal 5, table[77].to_bcc_value
    table[78] = table[77]
    assert_equal 5, table[78].to_bcc_value
    assert_equal 0, table.delete(key)
    assert_equal [78], table.keys.map(&:to_bcc_value)
  end

  def test_iterating_sees_every_entry_and_may_delete
    table = program("BPF_HASH(t, u32, u64);")["t"]
    1000.times { |i| table[i] = i * 2 }
    seen = {}
    table.each { |k, v| seen[k.to_bcc_value] = v.to_bcc_value }
    assert_equal (0...1000).to_h { |i| [i, i * 2] }, seen
    table.each_key { |k| table.delete(k) if k.to_bcc_value.odd? }
    assert_equal 500, table.size
    assert_equal 500, table.values.size
    assert_equal 249_500, table.each_value.sum(&:to_bcc_value) / 2
    assert_equal [0, 998], table.map { |k, _| k.to_bcc_value }.minmax
    assert_equal [], table.clear
  end

  def test_next_walks_all_keys
    table = program("BPF_HASH(t, u32, u64);")["t"]
    5.times { |i| table[i] = i }
    keys = []
    key = nil
    loop { keys << (key = table.next(key)) }
    assert_equal [0, 1, 2, 3, 4], keys.map(&:to_bcc_value).sort
  end

  def test_struct_keys_have_fields
    bpf = program(<<~C + on_getppid("struct key_t key = {.pid = bpf_get_current_pid_tgid() >> 32}; bpf_get_current_comm(&key.comm, sizeof(key.comm)); counts.increment(key);"))
      struct key_t { u32 pid; char comm[16]; };
      BPF_HASH(counts, struct key_t);
    C
    call_getppid(4)
    key, leaf = bpf["counts"].items.first
    assert_equal [Process.pid, 4], [key.pid, leaf.to_bcc_value]
    assert_equal File.read("/proc/self/comm").chomp, key.comm
    assert_equal Encoding::BINARY, key.comm.encoding
    assert_equal [Process.pid, key.comm], key[0, key.size].unpack("L Z16")
    assert_raises(NoMethodError) { key.nonsense }
    assert_respond_to key, :pid
  end

  def test_struct_keys_can_be_made_by_scripts
    table = program("struct key_t { u32 a; u8 b; };\nBPF_HASH(t, struct key_t, u32);")["t"]
    key = table.keytype.malloc
    key.a = 7
    key.b = 255
    table[key] = 1
    assert_equal [7, 255], table.items.first.first.to_bcc_value.then { |k| [k.a, k.b] }
    assert_equal 1, table[key.to_ptr].to_bcc_value
  end

  def test_struct_leaves_can_be_changed_and_written_back
    table = program("struct leaf_t { u64 n; s32 low; };\nBPF_HASH(t, u32, struct leaf_t);")["t"]
    leaf = table[1]
    leaf.to_bcc_value.n = 9
    leaf.low = -5
    table[1] = leaf
    assert_equal({ n: 9, low: -5 }, table[1].to_bcc_value.to_h)
  end

  def test_an_array_has_all_its_slots
    table = program("BPF_ARRAY(t, u64, 5);")["t"]
    assert_equal [5, 5], [table.size, table.length]
    table[2] = 22
    assert_equal [0, 0, 22, 0, 0], table.each.to_a
    assert_equal [0, 1, 2, 3, 4], table.items.map { |k, _| k.to_bcc_value }
    table.delete(2)
    assert_equal 0, table[2].to_bcc_value
    table[4] = 1
    table.clearitem(4)
    assert_equal 5, table.clear.size
    assert_equal [0] * 5, table.values.map(&:to_bcc_value)
  end

  def test_leaftype_can_be_narrower_than_the_kernels_value
    bpf = program("BPF_HASH(t, u32, u64);")
    table = bpf.get_table("t", leaftype: "int")
    table[1] = 3
    assert_equal [4, 3], [table.leafsize, table[1].to_bcc_value]
    assert_equal [1, 3], [table.items.size, bpf["t"][1].to_bcc_value]
    refute_same bpf.get_table("t"), bpf.get_table("t")
    assert_same bpf["t"], bpf["t"]
  end

  def test_a_fiddle_struct_can_be_the_leaftype
    point = Fiddle::Importer.struct(["int x", "int y"])
    table = program("BPF_HASH(t, u32, u64);").get_table("t", leaftype: point)
    table[1] = (2 << 32) + 1
    assert_equal [1, 2], table[1].to_bcc_value.then { |leaf| [leaf.x, leaf.y] }
    assert_equal 2, table[1].y
  end

  def test_a_table_can_be_replaced_by_name
    bpf = program("BPF_HASH(t, u32, u64);")
    other = bpf.get_table("t", leaftype: "int")
    bpf["t"] = other
    assert_same other, bpf["t"]
    assert_equal({ "t" => other }, bpf.tables)
  end

  def test_per_cpu_tables_hold_an_array
    bpf = program("BPF_PERCPU_HASH(h, u32, u64); BPF_PERCPU_ARRAY(a, u32, 2);\n" +
                  on_getppid("u32 one = 1; u64 none = 0, *c = h.lookup_or_try_init(&one, &none); if (c) (*c)++;" \
                             "int zero = 0; u32 *n = a.lookup(&zero); if (n) (*n)++;"))
    call_getppid(11)
    cpus = RbBCC::CPUHelper.get_possible_cpus.size
    assert_equal cpus, bpf["h"][1].to_bcc_value.size
    assert_equal [11, 11], [bpf["h"].sum(1), bpf["a"].sum(0)]
    bpf["h"][2] = Array.new(cpus) { |cpu| cpu + 1 }
    assert_equal (1..cpus).to_a, bpf["h"][2].to_bcc_value
    bpf["a"][1] = 6
    assert_equal [6 * cpus, 6, 6], [bpf["a"].sum(1), bpf["a"].max(1), bpf["a"].average(1)]
  end

  def test_lru_forgets_but_never_fills_up
    table = program('BPF_TABLE("lru_hash", u32, u64, t, 64);')["t"]
    500.times { |i| table[i] = i }
    assert_instance_of RbBCC::LruHash, table
    assert_operator table.size, :<=, 64
    assert_operator table.size, :>, 0
  end

  def test_a_trie_finds_the_longest_prefix
    table = program("struct key_t { u32 prefixlen; u8 address[4]; };\nBPF_LPM_TRIE(t, struct key_t, u64, 16);")["t"]
    key = lambda do |bits, *address|
      table.keytype.malloc.tap { |k| k.prefixlen = bits and k.address = address }
    end
    table[key[8, 10, 0, 0, 0]] = 8
    table[key[16, 10, 1, 0, 0]] = 16
    assert_equal [16, 8, 0], [[10, 1, 2, 3], [10, 2, 2, 3], [11, 0, 0, 1]].map { |a| table[key[32, *a]].to_bcc_value }
  end

  def test_queue_and_stack_keep_their_order
    bpf = program("BPF_QUEUE(q, u64, 3); BPF_STACK(s, u64, 3);")
    [1, 2, 3].each { |i| bpf["q"].push(i) && bpf["s"].push(i) }
    assert_raises(SystemCallError) { bpf["q"].push(4) }
    assert_equal 1, bpf["q"].peek.to_bcc_value
    assert_equal [[1, 2, 3], [3, 2, 1]], [bpf["q"], bpf["s"]].map { |t| t.values.map(&:to_bcc_value) }
    assert_raises(KeyError) { bpf["q"].pop }
  end

  def test_tail_calls_go_where_the_table_says
    bpf = program(<<~C)
      BPF_PROG_ARRAY(steps, 4);
      BPF_ARRAY(seen, u64, 1);
      int second(struct tracepoint__syscalls__sys_enter_getppid *args) { seen.increment(0); return 0; }
      #{on_getppid("steps.call(args, 2);")}
    C
    call_getppid(3)
    assert_equal 0, bpf["seen"][0].to_bcc_value
    bpf["steps"][2] = bpf.load_func("second", RbBCC::BPF::TRACEPOINT)
    call_getppid(3)
    assert_equal 3, bpf["seen"][0].to_bcc_value
    bpf["steps"].delete(2)
    call_getppid(3)
    assert_equal 3, bpf["seen"][0].to_bcc_value
  end

  def test_stacks_can_be_walked_to_the_caller
    bpf = program("BPF_STACK_TRACE(stacks, 128); BPF_HASH(ids, int);\n" +
                  on_getppid("int id = stacks.get_stackid(args, BPF_F_USER_STACK); ids.increment(id);"))
    call_getppid(1)
    id = bpf["ids"].keys.first.to_bcc_value
    assert_operator id, :>=, 0
    names = []
    bpf["stacks"].walk(id) { |address| names << RbBCC::BCC.sym(address, Process.pid) }
    assert_includes names.join(" "), "getppid"
    resolved = []
    bpf["stacks"].walk(id, resolve: ->(address) { address.to_s(16) }) { |text| resolved << text }
    assert_equal names.size, resolved.size
    assert_equal 127, bpf["stacks"].get_stack(id).ip.size
    bpf["stacks"].walk(-14) { flunk "an error code has no frames" }
  end

  def test_struct_key_histograms_print_a_section_for_each_bucket
    table = program("struct key_t { u64 disk; u64 slot; };\nBPF_HISTOGRAM(dist, struct key_t);")["dist"]
    { [8, 1] => 3, [8, 2] => 1, [9, 3] => 2 }.each do |(disk, slot), count|
      table[table.keytype.malloc.tap { |k| k.disk = disk and k.slot = slot }] = count
    end
    text = output do
      table.print_log2_hist("usecs", section_header: "disk", section_print_fn: ->(d) { "sd#{d}" },
                                     bucket_sort_fn: ->(buckets) { buckets.sort.reverse })
    end
    assert_equal ["\ndisk = sd9", "\ndisk = sd8"], text.scan(/\ndisk = sd\d/)
    assert_equal 3, text.scan("distribution").size + 1
    assert_match(/0 -> 1          : 3        \|\*{40}\|\n         2 -> 3          : 1        \|\*{13} /, text)
    assert table.structured_key?
  end

  def test_histograms_show_what_was_counted
    bpf = program("BPF_HISTOGRAM(dist); BPF_HISTOGRAM(line);\n" + on_getppid("dist.increment(bpf_log2l(100)); line.increment(3);"))
    call_getppid(6)
    text = output { bpf["dist"].print_log2_hist("kbytes") }
    assert_includes text, "     kbytes              : count     distribution\n"
    assert_includes text, "        64 -> 127        : 6        |****************************************|\n"
    assert_includes output { bpf["line"].print_linear_hist }, "        3          : 6        |****"
  end

  def test_reading_a_large_table_does_not_cost_a_call_an_entry
    table = program("BPF_HASH(t, u64, u64, 20000);")["t"]
    20_000.times { |i| table[i] = i }
    cpu = -> { Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) }
    before = cpu.call
    assert_equal 20_000, table.items.size
    # One system call an entry and Fiddle objects took 0.3 s here; a tenth leaves room for noise.
    assert_operator cpu.call - before, :<, 0.03 * 3
    table.clear
    assert_equal 0, table.size
  end

  def test_flags_reach_the_compiler
    bpf = program("BPF_ARRAY(t, u64, LIMIT);", cflags: ["-DLIMIT=7", nil])
    assert_equal 7, bpf["t"].size
    assert_equal 9, program("BPF_ARRAY(t, u64, LIMIT);", cflags: ["-DLIMIT=9"])["t"].size
  end

  def test_what_is_taken_is_gone
    table = program("BPF_HASH(t, u32, u64);")["t"]
    3.times { |i| table[i] = i }
    assert_equal 3, table.take_items.size
    assert_empty table.items
  end
end
