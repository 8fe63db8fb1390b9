# frozen_string_literal: true

require_relative "helper"

# What a script may get wrong: a clear exception or the right answer, nothing left open (the helper
# looks), and what it used works on.
class BadInputTest < BpfTest
  TABLES = <<~C
    struct key_t { u32 a; u64 b; };
    BPF_HASH(t, u32, u64, 2);
    BPF_HASH(s, struct key_t, struct key_t, 8);
    BPF_ARRAY(a, u64, 4);
    BPF_PERCPU_ARRAY(pa, u64, 2);
    BPF_QUEUE(q, u64, 1);
    BPF_PROG_ARRAY(progs, 2);
    BPF_PERF_OUTPUT(events);
    int handler(void *ctx) { return 0; }
  C

  # -- keys and leaves ------------------------------------------------------------------------------

  def test_keys_of_the_wrong_type_are_argument_errors
    table = program(TABLES)["t"]
    ["x", nil, 1.5, :a, [1], { a: 1 }].each do |key|
      error = assert_raises(ArgumentError) { table[key] }
      assert_includes error.message, "#{key.inspect} must be an Integer or a pointer"
      assert_raises(ArgumentError) { table[key] = 1 }
      assert_raises(ArgumentError) { table.delete(key) }
    end
    ["x", nil, 1.5].each { |leaf| assert_raises(KeyError) { table[1] = leaf } }
    table[1] = 5
    assert_equal [[1, 5]], table.items.map { |key, leaf| [key.to_bcc_value, leaf.to_bcc_value] }
  end

  def test_numbers_that_do_not_fit_are_range_errors
    table = program(TABLES)["t"]
    [2**32, 2**70, -2**40].each { |key| assert_raises(RangeError) { table[key] = 1 } }
    assert_raises(RangeError) { table[1] = 2**64 }
    table[-1] = 2**64 - 1
    assert_equal [-1, 2**64 - 1], [table[2**32 - 1].to_bcc_value, table[-1].value]
  end

  def test_a_struct_key_must_be_a_whole_struct
    table = program(TABLES)["s"]
    short = Fiddle::Pointer.malloc(4, Fiddle::RUBY_FREE)
    [5, short, Fiddle::Pointer.new(0)].each { |key| assert_raises(ArgumentError) { table[key] } }
    key = table.keytype.malloc
    key.a = 7
    key.b = 8
    assert_raises(ArgumentError) { table[key] = 5 }
    table[key] = key
    assert_equal [7, 8], table[key].to_bcc_value.then { |leaf| [leaf.a, leaf.b] }
  end

  def test_a_pointer_of_the_scripts_own_knows_its_type_after_it_was_a_key
    table = program(TABLES)["s"]
    pointer = Fiddle::Pointer.malloc(16, Fiddle::RUBY_FREE)
    pointer[0, 16] = [3, 0, 4].pack("LLQ")
    table[pointer] = pointer
    assert_equal [3, 4, 16], [pointer.a, pointer.to_bcc_value.b, pointer.bcc_size]
  end

  # -- full and outside -------------------------------------------------------------------------------

  def test_a_full_table_says_so_and_still_updates
    bpf = program(TABLES)
    2.times { |i| bpf["t"][i] = i }
    error = assert_raises(Errno::E2BIG) { bpf["t"][2] = 2 }
    assert_equal "map t is full (2 entries)", error.message
    bpf["t"][1] = 11
    assert_equal [11, 2], [bpf["t"][1].to_bcc_value, bpf["t"].size]
    bpf["q"].push(1)
    assert_match(/map q is full/, assert_raises(SystemCallError) { bpf["q"].push(2) }.message)
  end

  def test_an_index_outside_of_an_array_says_so
    bpf = program(TABLES)
    error = assert_raises(SystemCallError) { bpf["a"][4] = 1 }
    assert_equal "map a: no index 4, it has 0 to 3", error.message
    assert_raises(SystemCallError) { bpf["a"].clearitem(99) }
    assert_equal 0, bpf["a"][4].to_bcc_value
    handler = bpf.load_func("handler", RbBCC::BPF::KPROBE)
    assert_match(/no index 9/, assert_raises(SystemCallError) { bpf["progs"][9] = handler }.message)
    bpf["progs"][1] = handler
  end

  def test_per_cpu_leaves_need_a_value_for_each_cpu
    bpf = program("struct pair_t { u32 a; u64 b; };\nBPF_PERCPU_ARRAY(numbers, u64, 2); BPF_PERCPU_ARRAY(pairs, struct pair_t, 1);")
    cpus = RbBCC::CPUHelper.get_possible_cpus.size
    [[], [1] * (cpus + 1), [1] * 99].each do |values|
      assert_raises(ArgumentError) { bpf["numbers"][0] = values }
    end
    assert_raises(ArgumentError) { bpf["numbers"][0] = ["x"] * cpus }
    bpf["numbers"][0] = [7] * cpus
    assert_equal [7] * cpus, bpf["numbers"][0].to_bcc_value
    pair = bpf["pairs"].leaftype && bpf.map_named("pairs").leaf_type.malloc
    pair.b = 9
    bpf["pairs"][0] = [pair] * cpus
    assert_equal [9] * cpus, bpf["pairs"][0].to_bcc_value.map(&:b)
  end

  # -- events -----------------------------------------------------------------------------------------

  def test_a_truncated_event_has_zeroes_behind_its_end
    bpf = program("struct data_t { u64 n; char name[16]; u32 last; };\nBPF_PERF_OUTPUT(events);\n" +
                  on_getppid("struct data_t data = {.n = 5, .last = 7}; events.perf_submit(args, &data, 4);"))
    seen = []
    bpf["events"].open_perf_buffer { |_, data, size| seen << [bpf["events"].event(data).to_h, size] }
    call_getppid(1)
    bpf.perf_buffer_poll(1000)
    assert_equal [[{ n: 5, name: "", last: 0 }, 4]], seen
    assert_raises(RuntimeError, TypeError) { bpf["events"].event(nil) }
  end

  # -- attaching to what does not exist ---------------------------------------------------------------

  def test_attaching_to_nothing_names_what_is_missing_and_the_program_works_on
    bpf = program(TABLES)
    { "no_such_function" => -> { bpf.attach_kprobe(event: "no_such_function", fn_name: "handler") },
      "expected CATEGORY:EVENT" => -> { bpf.attach_tracepoint(tp: "sched_switch", fn_name: "handler") },
      "no tracepoint no:such" => -> { bpf.attach_tracepoint(tp: "no:such", fn_name: "handler") },
      "no raw tracepoint nothing" => -> { bpf.attach_raw_tracepoint(tp: "nothing", fn_name: "handler") },
      "no lsm target handler" => -> { bpf.attach_lsm(fn_name: "handler") },
      "no such event" => -> { bpf.attach_perf_event(ev_type: 99, ev_config: 0, fn_name: "handler", sample_freq: 9) } }
      .each do |words, attach|
      error = assert_raises(SystemCallError, &attach)
      assert_kind_of Redbee::Error, error
      assert_match(/Failed to attach .*handler/, error.message)
      assert_includes error.message, words
    end
    { "no file /no/such" => "/no/such", "not a 64-bit ELF" => "/etc/passwd", "getppid_" => "c" }.each do |words, file|
      error = assert_raises(RuntimeError) { bpf.attach_uprobe(name: file, sym: "getppid_", fn_name: "handler") }
      assert_match(/could not determine address of symbol getppid_/, error.message)
      assert_includes error.message, words
    end
    assert_equal [0, 0, 0], [bpf.num_open_kprobes, bpf.num_open_uprobes, bpf.num_open_tracepoints]
    bpf.attach_tracepoint(tp: "syscalls:sys_enter_getppid", fn_name: "handler")
    assert_equal 1, bpf.num_open_tracepoints
  end

  def test_a_function_that_is_not_there_is_answered_with_those_that_are
    bpf = program(TABLES)
    [-> { bpf.attach_kprobe(event: "vfs_read", fn_name: "missing") },
     -> { bpf.attach_tracepoint(tp: "syscalls:sys_enter_getppid", fn_name: "missing") },
     -> { bpf.load_func("missing", RbBCC::BPF::KPROBE) }].each do |attach|
      assert_match(/no program missing; there are: handler\z/, assert_raises(SystemCallError, &attach).message)
    end
  end

  def test_processes_that_are_gone_are_named
    bpf = program(TABLES)
    gone = fork { exit!(0) }
    Process.wait(gone)
    assert_raises(RuntimeError) { bpf.attach_uprobe(name: "c", sym: "getppid", fn_name: "handler", pid: gone) }
    assert_match(/USDT probes of process #{gone}/, assert_raises(SystemCallError) { RbBCC::USDT.new(pid: gone) }.message)
    assert_equal "[unknown]", RbBCC::BCC.sym(1, gone)
  end

  def test_sources_of_the_wrong_kind
    assert_raises(ArgumentError) { RbBCC::BCC.new(text: nil) }
    assert_raises(ArgumentError) { RbBCC::BCC.new(text: 5) }
    assert_raises(SystemCallError) { RbBCC::BCC.new(src_file: "/tmp") }
    assert_raises(Redbee::CompileFailed) { RbBCC::BCC.new(text: "BPF_HASH(t);", cflags: ["--nonsense"]) }
    assert program("BPF_HASH(t);", cflags: ["-Wno-unused", "-O2", "-w", "-DX=1", nil])
    assert program("BPF_HASH(t, u64, u64, X);", cflags: "-DX=3")
  end

  # The user's line, and what is wrong with it.
  MISTAKES = {
    "int f(void *c) { return 0 }" => /program\.c:1:26: error: expected ';'/,
    "int kprobe__vfs_read(struct pt_regs *c, struct file *f) { return f->nope; }" => /no member named 'nope' in 'struct file'/,
    "TRACEPOINT_PROBE(syscalls, sys_enter_read) { return args->nope; }" => /no member named 'nope'/,
    "TRACEPOINT_PROBE(syscalls, nope) { return 0; }" => /no tracepoint syscalls:nope/,
    "int f(void *c) { return nope(); }" => /undeclared function 'nope'/,
    "int f(void *c) { nope.increment(1); return 0; }" => /undeclared identifier 'nope'/,
    "BPF_HASH(t); int f(void *c) { t.nope(1); return 0; }" => /no member named 'nope'/
  }.freeze

  def test_mistakes_in_c_show_the_line
    MISTAKES.each do |text, message|
      error = assert_raises(Redbee::CompileFailed) { RbBCC::BCC.new(text: text) }
      assert_match message, error.message
      assert_includes error.message, text
    end
  end

  def test_programs_that_attach_themselves_to_nothing_leave_nothing
    { "int kprobe__no_such_function(void *c) { return 0; }" => /no such function/,
      "RAW_TRACEPOINT_PROBE(nothing) { return 0; }" => /no raw tracepoint nothing/ }.each do |text, message|
      error = assert_raises(SystemCallError) { RbBCC::BCC.new(text: "BPF_HASH(t);\n#{on_getppid("")}#{text}") }
      assert_match message, error.message
    end
  end

  def test_a_refusal_by_the_verifier_shows_the_users_line
    bpf = program(<<~C)
      BPF_HASH(values, int, u64);
      int bad(void *ctx) {
        int zero = 0;
        u64 *value = values.lookup(&zero);
        *value = 1;
        return 0;
      }
      int good(void *ctx) { return 0; }
    C
    error = assert_raises(Redbee::VerifierRejected) { bpf.attach_tracepoint(tp: "syscalls:sys_enter_getppid", fn_name: "bad") }
    assert_match(/invalid mem access 'map_value_or_null'.*\*value = 1;.*program\.c:5/m, error.message)
    assert_operator error.log.size, :>, 5
    bpf.attach_tracepoint(tp: "syscalls:sys_enter_getppid", fn_name: "good")
  end

  # -- without permission -----------------------------------------------------------------------------

  # Runs code without any capability, or with those named, and returns what it said.
  def with_only(capabilities, code)
    granted = capabilities.map { |name| "+#{name}" }.join(",")
    extra = granted.empty? ? [] : ["--inh-caps", granted, "--ambient-caps", granted]
    said, status = Open3.capture2e({ "REDBEE_CACHE" => "off" }, "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *extra,
                                   RbConfig.ruby, "-e", "require 'rbbcc'\n#{code}")
    skip "this tree is not readable by everyone" if said.include?("LoadError")
    assert status.success?, said
    said
  end

  REPORT = "rescue SystemCallError => error\nputs error.class, error.message, error.errno"
  COUNTER = 'b = RbBCC::BCC.new(text: "BPF_HASH(t, u32, u64); int f(struct pt_regs *c) { t.increment(1); return 0; }")'

  def test_without_capabilities_the_missing_ones_are_named
    said = with_only([], "begin\n#{COUNTER}\n#{REPORT}\nend")
    assert_match(/\ARedbee::NotPermitted\n.*lacks CAP_BPF, CAP_PERFMON/, said)
    said = with_only(["bpf"], "begin\n#{COUNTER}\nb['t'][1] = 5\nputs b['t'][1].to_bcc_value\n" \
                              "b.attach_uprobe(name: 'c', sym: 'getppid', fn_name: 'f')\n#{REPORT}\nputs b['t'].size\nend")
    assert_match(/\A5\nRedbee::NotPermitted\n.*lacks CAP_PERFMON.*\n\d+\n1\n\z/, said)
  end

  def test_networking_has_capabilities_of_its_own
    said = with_only(["bpf"], <<~RUBY)
      b = RbBCC::BCC.new(text: "int f(struct __sk_buff *skb) { return -1; }")
      begin
        RbBCC::BCC.attach_raw_socket(b.load_func("f", RbBCC::BPF::SOCKET_FILTER), "lo")
      #{REPORT}
      end
    RUBY
    assert_match(/Redbee::NotPermitted\n.*needs CAP_NET_RAW/, said)
  end

  def test_what_root_alone_may_read_is_named
    said = with_only(%w[bpf perfmon], <<~RUBY)
      begin
        RbBCC::BCC.new(text: "BPF_HASH(t);").trace_readline
      #{REPORT}
      end
    RUBY
    assert_match(/Redbee::NotPermitted\n.*trace_pipe.*CAP_DAC_READ_SEARCH/, said)
  end

  def test_a_kernel_without_btf_is_told
    code = "require 'rbbcc'; begin; RbBCC::BCC.new(text: 'BPF_HASH(t);'); rescue RuntimeError => e; puts e.message; end"
    hidden = "mount -t tmpfs tmpfs /sys/kernel/btf && exec #{RbConfig.ruby} -e \"$1\""
    said, = Open3.capture2e({ "REDBEE_CACHE" => "off" }, "unshare", "--mount", "sh", "-c", hidden, "sh", code)
    assert_match(%r{no BTF at /sys/kernel/btf/vmlinux \(CONFIG_DEBUG_INFO_BTF\)}, said)
  end

  # As a terminal does it: the signal goes to the script and its compiler.
  def test_ctrl_c_while_a_program_is_compiled_is_an_interrupt
    Dir.mktmpdir do |directory|
      slow = File.join(directory, "redbee-cc")
      File.write(slow, "#!/bin/sh\ntouch #{directory}/started\nsleep 20\n", perm: 0o755)
      environment = { "REDBEE_CC" => slow, "REDBEE_CACHE" => "off" }
      reader, writer = IO.pipe
      pid = Process.spawn(environment, RbConfig.ruby, "-e", <<~RUBY, out: writer, err: %i[child out], pgroup: true)
        require "rbbcc"
        begin
          RbBCC::BCC.new(text: "BPF_HASH(t);")
        rescue Interrupt
          print "interrupted"
        end
      RUBY
      writer.close
      sleep 0.02 until File.exist?("#{directory}/started")
      Process.kill(:INT, -pid)
      assert_equal "interrupted", Timeout.timeout(10) { reader.read }
      Process.wait(pid)
    end
  end
end
