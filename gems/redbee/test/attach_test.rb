# frozen_string_literal: true

require_relative "helper"

class AttachTest < BpfTest
  COUNT = "BPF_HASH(counts, u32, u64);\n"

  def counting(head)
    program("#{COUNT}#{head} { #{only_here} counts.increment(1); return 0; }")
  end

  def count_of(bpf)
    bpf["counts"][1].to_bcc_value
  end

  # -- tracepoints --------------------------------------------------------------------------------

  def test_names_with_a_prefix_attach_themselves
    bpf = program("#{COUNT}#{on_getppid("counts.increment(1);")}")
    call_getppid(5)
    assert_equal [5, 1], [count_of(bpf), bpf.num_open_tracepoints]
  end

  def test_a_tracepoint_is_attached_and_detached_by_name
    bpf = counting("int handler(struct tracepoint__syscalls__sys_enter_getppid *args)")
    assert_same bpf, bpf.attach_tracepoint(tp: "syscalls:sys_enter_getppid", fn_name: "handler")
    call_getppid(2)
    bpf.detach_tracepoint("syscalls:sys_enter_getppid")
    call_getppid(2)
    assert_equal [2, 0], [count_of(bpf), bpf.num_open_tracepoints]
    assert_raises(RuntimeError) { bpf.detach_tracepoint("syscalls:sys_enter_getppid") }
  end

  def test_tracepoints_are_found_by_pattern
    bpf = counting("int handler(void *ctx)")
    bpf.attach_tracepoint(tp_re: "syscalls:sys_enter_getp(p)?id$", fn_name: "handler")
    assert_equal 2, bpf.num_open_tracepoints
    Process.ppid
    assert_operator count_of(bpf), :>=, 1
  end

  def test_an_unknown_tracepoint_is_an_errno_that_says_what
    bpf = counting("int handler(void *ctx)")
    error = assert_raises(SystemCallError) { bpf.attach_tracepoint(tp: "syscalls:nothing", fn_name: "handler") }
    assert_match(/Failed to attach BPF program handler to tracepoint syscalls:nothing/, error.message)
    assert_kind_of Redbee::Error, error
  end

  def test_a_raw_tracepoint_can_be_attached_again_after_detaching
    bpf = program("#{COUNT}RAW_TRACEPOINT_PROBE(sys_enter) { #{only_here} counts.increment(1); return 0; }")
    error = assert_raises(RuntimeError) { bpf.attach_raw_tracepoint(tp: "sys_enter", fn_name: "raw_tracepoint__sys_enter") }
    assert_match(/has been attached/, error.message)
    assert_operator count_of(bpf), :>, 0
    bpf.detach_raw_tracepoint("sys_enter")
    before = count_of(bpf)
    bpf.attach_raw_tracepoint(tp: "sys_enter", fn_name: "raw_tracepoint__sys_enter")
    call_getppid(3)
    assert_operator count_of(bpf), :>=, before + 3
  end

  # -- kernel functions ---------------------------------------------------------------------------

  def test_a_system_calls_kprobe_works_also_without_kprobes
    bpf = counting("int kprobe__sys_getppid(void *ctx)")
    call_getppid(7)
    assert_equal [7, 1], [count_of(bpf), bpf.num_open_kprobes]
  end

  def test_the_log_says_how_it_was_attached
    said = assert_ruby("require 'rbbcc'; RbBCC::BCC.new(text: 'int kprobe__sys_getppid(void *ctx) { return 0; }')",
                       env: { "REDBEE_LOG" => "info" })
    assert_match(/kprobe__sys_getppid.*(fentry|kprobe|raw)/, said)
  end

  def test_a_system_calls_arguments_are_parameters
    bpf = program("#{COUNT}int on_call(struct pt_regs *ctx, int pid) { #{only_here} counts.increment(pid); return 0; }"
      .sub("on_call", "syscall__getpgid"))
    event, fd = bpf.attach_kprobe(event: bpf.get_syscall_fnname("getpgid"), fn_name: "syscall__getpgid")
    Process.getpgid(Process.pid)
    assert_equal 1, bpf["counts"][Process.pid].to_bcc_value
    assert_equal "p_#{bpf.get_syscall_fnname("getpgid")}", event
    assert_kind_of Integer, fd
    bpf.detach_kprobe_event(event)
    assert_equal 0, bpf.num_open_kprobes
  end

  def test_a_kretprobe_sees_what_a_system_call_returned
    bpf = program("#{COUNT}int kretprobe__sys_getppid(struct pt_regs *ctx) { #{only_here} counts.increment(PT_REGS_RC(ctx)); return 0; }")
    call_getppid(4)
    counted = bpf["counts"].to_h
    assert_equal({ Process.ppid => 4 }, counted)
  end

  def test_an_unknown_function_is_an_errno_that_says_what
    bpf = counting("int handler(void *ctx)")
    error = assert_raises(SystemCallError) { bpf.attach_kprobe(event: "no_such_function", fn_name: "handler") }
    assert_match(/Failed to attach BPF program handler to kprobe no_such_function/, error.message)
    assert_raises(RuntimeError) { bpf.detach_kprobe_event("p_no_such_function") }
  end

  # -- user functions -----------------------------------------------------------------------------

  def test_a_uprobe_counts_calls_of_a_library_function
    bpf = counting("int handler(struct pt_regs *ctx)")
    event, fd = bpf.attach_uprobe(name: "c", sym: "getppid", fn_name: "handler", pid: Process.pid)
    call_getppid(6)
    assert_equal [6, 1], [count_of(bpf), bpf.num_open_uprobes]
    assert_match(/\Ap_.*libc_so_6_0x\h+_#{Process.pid}\z/, event)
    assert_kind_of Integer, fd
    bpf.detach_uprobe_event(event)
    call_getppid(6)
    assert_equal [6, 0], [count_of(bpf), bpf.num_open_uprobes]
  end

  def test_a_uretprobe_sees_the_result
    bpf = program("#{COUNT}int handler(struct pt_regs *ctx) { counts.increment(PT_REGS_RC(ctx)); return 0; }")
    event, = bpf.attach_uretprobe(name: "c", sym: "getppid", fn_name: "handler", pid: Process.pid)
    call_getppid(3)
    counted = bpf["counts"].to_h
    assert_equal({ Process.ppid => 3 }, counted)
    assert_match(/\Ar_/, event)
  end

  def test_an_indirect_function_is_probed_where_it_really_runs
    bpf = counting("int handler(struct pt_regs *ctx)")
    bpf.attach_uprobe(name: "c", sym: "strlen", fn_name: "handler", pid: Process.pid)
    strlen = Fiddle::Function.new(Fiddle::Handle::DEFAULT["strlen"], [Fiddle::TYPE_VOIDP], Fiddle::TYPE_SIZE_T)
    before = count_of(bpf)
    100.times { strlen.call("four") }
    assert_operator count_of(bpf) - before, :>=, 100
  end

  def test_an_unknown_symbol_is_a_runtime_error
    bpf = counting("int handler(struct pt_regs *ctx)")
    error = assert_raises(RuntimeError) { bpf.attach_uprobe(name: "c", sym: "no_such_symbol", fn_name: "handler") }
    assert_match(/could not determine address of symbol no_such_symbol/, error.message)
    assert_raises(RuntimeError) { bpf.attach_uprobe(name: "no_such_library", sym: "f", fn_name: "handler") }
  end

  def test_paths_and_addresses_of_symbols
    path, address = RbBCC::BCC.check_path_symbol("c", "getppid", nil, -1)
    assert_match(%r{/libc\.so\.6\z}, path)
    assert_operator address, :>, 0
    assert_equal [path, 0x1234], RbBCC::BCC.check_path_symbol("c", "", 0x1234, -1)
  end

  # -- USDT ---------------------------------------------------------------------------------------

  RUBY_WITH_PROBES = "/usr/lib/x86_64-linux-gnu/libruby-3.1.so.3.1"

  def test_usdt_arguments_of_a_running_ruby
    skip "no Ruby with USDT probes here" unless File.exist?(RUBY_WITH_PROBES)
    with_ruby("puts; $stdout.flush; $stdin.gets; 12.times { |i| [nil] * (1000 + i) }; $stdin.gets") do |child|
      usdt = RbBCC::USDT.new(pid: child.pid)
      assert_equal 0, usdt.enable_probe(probe: "array__create", fn_name: "on_array")
      bpf = program(<<~C, usdt_contexts: [usdt])
        BPF_HASH(sizes, u64, u64);
        int on_array(struct pt_regs *ctx) {
          u64 size = 0;
          bpf_usdt_readarg(1, ctx, &size);
          sizes.increment(size);
          return 0;
        }
      C
      assert_operator bpf.num_open_uprobes, :>, 1
      child.puts
      sizes = {}
      wait_until { (sizes = bpf["sizes"].to_h).slice(*1000..1011).size == 12 }
      assert_equal [1] * 12, sizes.values_at(*1000..1011)
      child.puts
    end
  end

  def test_usdt_probes_are_listed
    skip "no Ruby with USDT probes here" unless File.exist?(RUBY_WITH_PROBES)
    usdt = RbBCC::USDT.new(path: RUBY_WITH_PROBES)
    names = usdt.enumerate_probes.map { |probe| "#{probe[:provider]}:#{probe[:name]}" }
    assert_includes names, "ruby:require__entry"
    usdt.enable_probe(probe: "ruby:require__entry", fn_name: "f")
    active = usdt.enumerate_active_probes
    assert_equal [["f", -1]], active.map { |probe| [probe.fn_name, probe.pid] }.uniq
    assert active.all? { |probe| probe.addr.positive? && File.exist?(probe.binpath) }
    assert_match(/\Au?int\d+_t\z/, usdt.get_probe_arg_ctype("require__entry", 1))
    assert_includes usdt.get_text, "require__entry"
  end

  def test_usdt_errors
    skip "no Ruby with USDT probes here" unless File.exist?(RUBY_WITH_PROBES)
    assert_raises(RuntimeError) { RbBCC::USDT.new }
    assert_raises(SystemCallError) { RbBCC::USDT.new(path: "/nowhere") }
    usdt = RbBCC::USDT.new(path: RUBY_WITH_PROBES)
    error = assert_raises(SystemCallError) { usdt.enable_probe(probe: "gc__mark__start", fn_name: "f") }
    assert_match(/has no such probe/, error.message)
    assert_raises(SystemExit) { capture_io { usdt.enable_probe_or_bail(probe: "nothing", fn_name: "f") } }
  end

  # -- functions, sockets, samples ----------------------------------------------------------------

  def test_load_func_remembers_what_it_loaded
    bpf = counting("int handler(struct pt_regs *ctx)")
    function = bpf.load_func("handler", RbBCC::BPF::KPROBE)
    assert_equal "handler", function[:name]
    assert_kind_of Integer, function[:fd]
    assert_same function, bpf.load_func("handler", RbBCC::BPF::KPROBE)
    assert_raises(SystemCallError) { bpf.load_func("nothing", RbBCC::BPF::KPROBE) }
  end

  def test_a_socket_filter_sees_packets_of_its_own_network
    said = assert_ruby(<<~RUBY)
      require "rbbcc"
      require "socket"
      CLONE_NEWNET = 0x40000000
      Fiddle::Function.new(Fiddle::Handle::DEFAULT["unshare"], [Fiddle::TYPE_INT], Fiddle::TYPE_INT).call(CLONE_NEWNET).zero? or abort "unshare"
      system("ip", "link", "set", "lo", "up") or abort "ip"
      b = RbBCC::BCC.new(text: "BPF_ARRAY(packets, u64, 1);\\nint filter(struct __sk_buff *skb) { packets.increment(0); return -1; }")
      fn = b.load_func("filter", RbBCC::BPF::SOCKET_FILTER)
      same = RbBCC::BCC.attach_raw_socket(fn, "lo")
      abort "not the same Hash" unless same.equal?(fn)
      Addrinfo.udp("127.0.0.1", 9).connect { |s| s.send("hello redbee", 0) rescue nil }
      data, = Socket.for_fd(fn[:sock]).tap { |s| s.autoclose = false }.recvfrom(2048)
      puts data.include?("hello redbee"), b["packets"][0].to_bcc_value.positive?
    RUBY
    assert_equal "true\ntrue\n", said
    assert_raises(RuntimeError) { RbBCC::BCC.attach_raw_socket(5, "lo") }
  end

  def test_samples_by_a_timer
    bpf = program("#{COUNT}int sample(struct bpf_perf_event_data *ctx) { #{only_here} counts.increment(1); return 0; }")
    bpf.attach_perf_event(ev_type: 1, ev_config: 0, fn_name: "sample", sample_freq: 999, pid: Process.pid)
    until_cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) + 0.2
    nil while Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) < until_cpu
    assert_operator count_of(bpf), :>, 20
  end

  def test_two_functions_on_one_event_both_run
    bpf = program("BPF_ARRAY(n, u64, 2);\n" \
                  "int a(void *ctx) { #{only_here} n.increment(0); return 0; }\nint b(void *ctx) { #{only_here} n.increment(1); return 0; }")
    %w[a b].each { |name| bpf.attach_tracepoint(tp: "syscalls:sys_enter_getppid", fn_name: name) }
    call_getppid(3)
    assert_equal [3, 3], bpf["n"].each.to_a
    assert_equal 2, bpf.num_open_tracepoints
  end

  # Kernels differ in whether they allow these; where they do not, the reason must be told.
  def test_lsm_and_fentry_work_or_say_why_not
    { "LSM_PROBE(file_open, struct file *file) { return 0; }" => /lsm__file_open/,
      "KFUNC_PROBE(vfs_read, struct file *file) { return 0; }" => /kfunc__vmlinux__vfs_read/ }.each do |text, name|
      bpf = program(text)
      assert_equal 1, bpf.num_open_lsms if text.start_with?("LSM")
    rescue SystemCallError => error
      assert_kind_of Redbee::Error, error
      assert_match name, error.message
      assert_operator error.errno, :>, 0
    end
  end

  def test_lsm_hooks_detach_by_function
    error = assert_raises(RuntimeError) { program("BPF_HASH(t);").detach_lsm("lsm__file_open") }
    assert_match(/lsm__file_open is not attached/, error.message)
  end

  # -- what was missed, what stays ------------------------------------------------------------------

  RETURNS = "int returns(struct pt_regs *ctx) { return 0; }"

  def test_missed_is_counted_for_return_probes_with_maxactive
    skip "needs kprobes" unless kprobes?
    link = program(RETURNS).module.attach_kprobe("returns", "eventfd_read", 0, true, 4)
    assert_equal 0, link.missed
  end

  def test_missed_says_of_which_probes_it_is_known
    bpf = program("int on_entry(struct bpf_raw_tracepoint_args *ctx) { return 0; }")
    link = bpf.module.attach_raw_tracepoint("on_entry", "sys_enter")
    error = assert_raises(Redbee::NotSupported) { link.missed }
    assert_match(/kretprobes with max_active only/, error.message)
    link.detach
    assert_raises(RuntimeError) { link.missed }
  end

  def test_sweeping_removes_what_a_killed_process_left
    skip "needs kprobes" unless kprobes?
    reader, writer = IO.pipe
    child = Process.spawn(RbConfig.ruby, "-e", <<~RUBY, out: writer)
      require "rbbcc"
      link = RbBCC::BCC.new(text: #{RETURNS.dump}).module.attach_kprobe("returns", "eventfd_read", 0, true, 4)
      $stdout.puts "attached"
      $stdout.flush
      sleep
    RUBY
    writer.close
    assert_equal "attached\n", reader.gets
    Process.kill(:KILL, child)
    Process.wait(child)
    wait_until(60) { Redbee.sweep_dead_attachments; !File.read("/sys/kernel/tracing/kprobe_events").include?("redbee/r_#{child}_") }
    refute_includes File.read("/sys/kernel/tracing/kprobe_events"), "redbee/r_#{child}_"
  end

  def test_sweeping_says_how_many_it_removed
    assert_kind_of Integer, Redbee.sweep_dead_attachments
    assert_equal 0, Redbee.sweep_dead_attachments
  end

  # -- symbols ------------------------------------------------------------------------------------

  def test_kernel_symbols_have_names_and_addresses
    pointer = RbBCC::BCC.ksymname("schedule")
    assert_kind_of Fiddle::Pointer, pointer
    address = pointer[0, 8].unpack1("Q")
    assert_equal ["schedule", "schedule+0x4", "schedule [kernel]"],
                 [RbBCC::BCC.ksym(address), RbBCC::BCC.ksym(address + 4, show_offset: true), RbBCC::BCC.ksym(address, show_module: true)]
    refute RbBCC::BCC.ksymname("no_such_symbol_anywhere")
    assert_equal "[unknown]", RbBCC::BCC.ksym(1)
    assert RbBCC::BCC.support_raw_tracepoint
  end

  def test_user_symbols_have_names_and_modules
    address = Fiddle::Handle::DEFAULT["getppid"]
    assert_match(/getppid\z/, RbBCC::BCC.sym(address, Process.pid))
    assert_match(/getppid\+0x1 \[libc\.so\.6\]\z/, RbBCC::BCC.sym(address + 1, Process.pid, show_module: true, show_offset: true))
    assert_equal "[unknown]", RbBCC::BCC.sym(8, Process.pid)
  end

  def test_kernel_functions_are_found_by_pattern
    assert_equal ["vfs_read"], RbBCC::BCC.get_kprobe_functions("^vfs_read$")
    assert_includes RbBCC::BCC.get_kprobe_functions("vfs_read"), "vfs_readv"
    assert_nil RbBCC::BCC.get_kprobe_functions("no_such_function_anywhere")
  end

  def test_system_calls_have_this_machines_prefix
    bpf = program("BPF_HASH(t);")
    assert_equal "__x64_sys_clone", bpf.get_syscall_fnname("clone")
    assert_equal "__x64_sys_", bpf.get_syscall_prefix
    assert_equal "__x64_sys_sync", bpf.send(:fix_syscall_fnname, "sys_sync")
    assert_equal "vfs_read", bpf.send(:fix_syscall_fnname, "vfs_read")
  end

  private

  def kprobes?
    File.exist?("/sys/kernel/tracing/kprobe_events")
  end

  def with_ruby(code)
    child = IO.popen(["/usr/bin/ruby3.1", "-e", code], "r+")
    child.gets   # it runs, and its libraries are mapped
    yield child
  ensure
    Process.kill(:KILL, child.pid)
    child.close
  end

  def wait_until(seconds = 5)
    limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    sleep 0.02 until yield || Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
  end
end
