# frozen_string_literal: true

require_relative "helper"

class RobustnessTest < BpfTest
  PROGRAM = <<~C
    struct data_t { u64 n; char comm[16]; };
    BPF_HASH(counts, u32, struct data_t);
    BPF_PERF_OUTPUT(events);
    TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
      struct data_t data = {.n = 1};
      u32 pid = bpf_get_current_pid_tgid() >> 32;
      bpf_get_current_comm(&data.comm, sizeof(data.comm));
      counts.update(&pid, &data);
      events.perf_submit(args, &data, sizeof(data));
      return 0;
    }
  C

  def test_no_compiler_and_no_bpf_library_in_this_process
    program(PROGRAM)
    loaded = File.readlines("/proc/self/maps").grep(/llvm|clang|libbpf|libbcc/i)
    assert_empty loaded
  end

  def test_a_start_reads_no_code_that_the_script_does_not_name
    assert_ruby(<<~RUBY)
      require "rbbcc"
      b = RbBCC::BCC.new(text: #{PROGRAM.dump})
      unused = %w[fiddle/import rbbcc/table rbbcc/symbol_cache rbbcc/usdt redbee/c_type redbee/pin]
      read = unused.select { |name| $LOADED_FEATURES.any? { |file| file.end_with?("/\#{name}.rb") } }
      abort "reads \#{read.join(" ")}" unless read.empty?
      abort "no table" unless b["counts"].is_a?(RbBCC::HashTable)
    RUBY
  end

  def test_everything_works_while_the_garbage_collector_runs_all_the_time
    said = assert_ruby(<<~RUBY)
      require "rbbcc"
      b = RbBCC::BCC.new(text: #{PROGRAM.dump})
      seen = []
      GC.stress = true
      table = b["counts"]
      b["events"].open_perf_buffer { |_, data, size| seen << [b["events"].event(data), data, size] }
      3.times { Process.ppid }
      b.perf_buffer_poll(100)
      abort "events" unless seen.size >= 3 && seen.all? { |e, d, _| e.n == 1 && d[0, 8].unpack1("Q") == 1 }
      items = table.items
      abort "items" unless items.any? { |k, v| k.to_bcc_value == Process.pid && v.n == 1 && v.to_bcc_value.comm.size > 0 }
      table.each { |k, v| k.to_bcc_value; v.to_bcc_value.to_h.inspect }
      begin
        table["x"]
      rescue ArgumentError
        nil
      end
      begin
        b["nothing"]
      rescue KeyError
        nil
      end
      b.cleanup
      GC.stress = false
      puts "clean"
    RUBY
    assert_equal "clean\n", said
  end

  def test_rings_stacks_symbols_and_refusals_work_under_stress
    said = assert_ruby(<<~RUBY)
      require "rbbcc"
      b = RbBCC::BCC.new(text: <<~C)
        struct data_t { u64 n; struct { u32 low; u32 high; } part[2]; char text[8]; };
        BPF_RINGBUF_OUTPUT(ring, 4); BPF_PERCPU_HASH(each, u32, u64); BPF_STACK_TRACE(stacks, 64); BPF_QUEUE(queue, u64, 4);
        BPF_HASH(ids, int); BPF_HISTOGRAM(hist); BPF_HASH(structs, struct data_t, struct data_t);
        TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
          struct data_t data = {.n = 7, .text = "redbee"};
          data.part[1].high = 9;
          u32 one = 1; u64 zero = 0, *count = each.lookup_or_try_init(&one, &zero);
          if (count) (*count)++;
          int id = stacks.get_stackid(args, BPF_F_USER_STACK);
          ids.increment(id);
          hist.increment(3);
          structs.update(&data, &data);
          ring.ringbuf_output(&data, sizeof(data), 0);
          return 0;
        }
        int bad(void *ctx) { u64 key = 1, *leaf = ids.lookup((int *)&key); return *leaf; }
      C
      seen = []
      GC.stress = true
      b["ring"].open_ring_buffer(Object.new) { |_, data, _| seen << b["ring"].event(data) }
      2.times { Process.ppid }
      b.ring_buffer_poll(100)
      abort "ring" unless seen.size >= 2 && seen.all? { |e| e.n == 7 && e.part[1].high == 9 && e.text == "redbee" }
      key, leaf = b["structs"].items.first
      abort "struct" unless key.value.to_h == leaf.to_bcc_value.to_h && leaf.part[1].high == 9
      copy = b["structs"].leaftype.malloc
      copy.part = [{ low: 1, high: 2 }]
      copy.text = "x"
      b["structs"][copy] = copy
      abort "copy" unless b["structs"][copy].part[0].high == 2 && b["structs"].size == 2
      abort "per CPU" unless b["each"].sum(1) >= 2
      b["each"][2] = 5
      id = b["ids"].keys.first
      b["stacks"].walk(id) { |address| RbBCC::BCC.sym(address, Process.pid, show_offset: true) }
      b["queue"].push(4)
      abort "queue" unless b["queue"].pop.value == 4
      b["hist"].print_log2_hist("x")
      refused = 0
      [-> { b.attach_kprobe(event: "no_such_function", fn_name: "bad") },
       -> { b.load_func("bad", RbBCC::BPF::KPROBE) },
       -> { b["ids"][2**40] = 1 }, -> { b["ids"][nil] }, -> { b["nothing"] },
       -> { b["structs"].leaftype.new(b["ids"][1]) }].each do |action|
        action.call
      rescue SystemCallError, RangeError, ArgumentError, KeyError
        refused += 1
      end
      b.cleanup
      GC.stress = false
      puts refused
    RUBY
    assert_equal "6", said.lines.last.chomp
  end

  def test_objects_may_move
    said = assert_ruby(<<~RUBY)
      require "rbbcc"
      b = RbBCC::BCC.new(text: #{PROGRAM.dump})
      kept = []
      b["events"].open_perf_buffer { |_, data, _| kept << [data, b["events"].event(data)] }
      50.times { Process.ppid }
      b.perf_buffer_poll(100)
      leaf = b["counts"][Process.pid]
      view = leaf.to_bcc_value
      pointer = view.to_ptr + 8
      GC.respond_to?(:verify_compaction_references) ? GC.verify_compaction_references(toward: :empty, double_heap: true) : GC.compact
      50.times { Process.ppid }
      b.perf_buffer_poll(100)
      p kept.size >= 100, kept.all? { |d, e| d[0, 8].unpack1("Q") == 1 && e.n == 1 && e.comm.start_with?("ruby") }
      p leaf.to_bcc_value.equal?(view), view.n, pointer[0, 4]
    RUBY
    assert_equal "true\ntrue\ntrue\n1\n\"ruby\"\n", said
  end

  def test_views_keep_their_owner_alive
    table = program(PROGRAM)["counts"]
    leaf = table.leaftype.malloc
    leaf.n = 77
    leaf.comm = "kept"
    table[1] = leaf
    pointers = Array.new(200) { table[1].to_bcc_value.to_ptr + 8 }
    GC.start
    200.times { "x" * 100 }
    assert_equal ["kept"], pointers.map { |pointer| pointer[0, 4] }.uniq
  end

  def test_a_forked_child_can_use_programs_of_its_own
    program(PROGRAM)
    reading, writing = IO.pipe
    child = fork do
      mine = RbBCC::BCC.new(text: "BPF_HASH(mine, u32, u64);")
      mine["mine"][1] = 5
      writing.puts mine["mine"][1].to_bcc_value
      writing.flush
      mine.cleanup
      exit!(0)
    end
    writing.close
    assert_equal "5\n", reading.read
    Process.wait(child)
  end

  def test_two_programs_do_not_disturb_each_other
    first = program("BPF_HASH(counts, u32, u64);\n" + on_getppid("counts.increment(1);"))
    second = program("BPF_HASH(counts, u32, u64);\n" + on_getppid("counts.increment(1);"))
    call_getppid(2)
    first.cleanup
    call_getppid(2)
    assert_equal 4, second["counts"][1].to_bcc_value
  end

  def test_shared_tables_are_one_table
    first = program('BPF_TABLE_PUBLIC("hash", u32, u64, common, 16);')
    second = program('BPF_TABLE("extern", u32, u64, common, 16);' "\n" + on_getppid("u32 k = 1; u64 v = 9; common.update(&k, &v);"))
    call_getppid(1)
    assert_equal 9, first["common"][1].to_bcc_value
    assert_equal 9, second["common"][1].to_bcc_value
  end

  def test_tables_outlive_the_variable_of_their_program
    table = -> { program("BPF_HASH(t, u32, u64);")["t"] }.call
    GC.start
    table[1] = 3
    assert_equal 3, table[1].to_bcc_value
  end

  def test_an_exception_in_a_table_block_passes
    table = program("BPF_HASH(t, u32, u64);")["t"]
    10.times { |i| table[i] = i }
    assert_raises(IOError) { table.each { raise IOError } }
    assert_equal(:found, table.each { |k, _| break :found if k.to_bcc_value == 5 })
    assert_equal 10, table.items.size
  end

  def test_many_programs_in_a_row_leak_no_descriptor
    before = Dir.children("/proc/self/fd").size
    20.times { program(PROGRAM).cleanup }
    @programs.clear
    GC.start
    assert_equal before, Dir.children("/proc/self/fd").size
  end

  def test_the_cache_makes_the_second_start_compile_nothing
    Dir.mktmpdir do |dir|
      code = "require 'rbbcc'; b = RbBCC::BCC.new(text: #{PROGRAM.dump}); puts b['counts'].keysize"
      assert_equal "4\n", assert_ruby(code, env: { "REDBEE_CACHE" => dir })
      refute_empty Dir.children(dir)
      assert_equal "4\n", assert_ruby(code, env: { "REDBEE_CACHE" => dir })
    end
  end
end
