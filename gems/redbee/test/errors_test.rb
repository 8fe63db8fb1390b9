# frozen_string_literal: true

require_relative "helper"

class ErrorsTest < BpfTest
  def test_c_that_does_not_compile_shows_the_diagnostics
    error = assert_raises(RuntimeError) { program("int f(void *ctx) {\n  return nonsense;\n}") }
    assert_instance_of Redbee::CompileFailed, error
    assert_match(/\ABPF module not created\n/, error.message)
    assert_match(/program\.c:2:10: error: .*nonsense/, error.message)
    assert(error.log.any? { |line| line.include?("nonsense") })
  end

  def test_diagnostics_name_the_users_file
    Dir.mktmpdir do |dir|
      File.write("#{dir}/bad.c", "int f(void *ctx) { return 1 + ; }")
      error = assert_raises(RuntimeError) { RbBCC::BCC.new(src_file: "#{dir}/bad.c") }
      assert_includes error.message, "#{dir}/bad.c:1:"
    end
  end

  def test_a_missing_source_file_is_a_runtime_error
    error = assert_raises(RuntimeError) { RbBCC::BCC.new(src_file: "nowhere.c") }
    assert_match(/Could not find file nowhere\.c/, error.message)
  end

  def test_source_files_are_found_beside_the_script
    Dir.mktmpdir do |dir|
      File.write("#{dir}/table.c", "BPF_HASH(counts, u32, u64);")
      File.write("#{dir}/tool.rb", 'require "rbbcc"; puts RbBCC::BCC.new(src_file: "table.c")["counts"].keysize')
      said, status = Open3.capture2e(RbConfig.ruby, "#{dir}/tool.rb", chdir: "/")
      assert status.success?, said
      assert_equal "4\n", said
    end
  end

  REJECTED = <<~C
    int on_call(struct tracepoint__syscalls__sys_enter_getppid *args) {
      u64 *wild = (u64 *)bpf_ktime_get_ns();
      return *wild;
    }
  C
  # A leaf that may be absent is not checked for that.
  UNCHECKED = <<~C
    BPF_HASH(values, int, u64);
    int on_call(struct tracepoint__syscalls__sys_enter_getppid *args) {
      int zero = 0;
      u64 *value = values.lookup(&zero);
      *value = 1;
      return 0;
    }
  C

  def test_the_verifiers_refusal_tells_why_and_keeps_its_log
    bpf = program(UNCHECKED)
    error = assert_raises(SystemCallError) { bpf.attach_tracepoint(tp: "syscalls:sys_enter_getppid", fn_name: "on_call") }
    assert_instance_of Redbee::VerifierRejected, error
    assert_match(/map_value_or_null/, error.message)
    assert_operator error.message.lines.size, :<=, 6
    assert_operator error.log.size, :>, 5
    assert_operator error.errno, :>, 0
    assert_raises(SystemCallError) { bpf.load_func("on_call", RbBCC::BPF::TRACEPOINT) }
  end

  def test_debug_prints_the_whole_log
    bpf = program(UNCHECKED, debug: 2)
    said = capture_io { assert_raises(SystemCallError) { bpf.load_func("on_call", RbBCC::BPF::TRACEPOINT) } }.last
    assert_match(/map_value_or_null/, said)
    assert_operator said.lines.size, :>, 5
  end

  def test_rescuing_by_errno_works
    table = program("BPF_HASH(t, u32, u64, 1);")["t"]
    table[1] = 1
    begin
      table[2] = 2
      flunk "a full table must refuse"
    rescue Errno::EPERM
      flunk "this is another errno"
    rescue Errno::E2BIG => error
      assert_kind_of Redbee::OsError, error
    end
  end

  def test_every_redbee_error_is_one_and_has_a_log
    { Redbee::InvalidArgument => ArgumentError, Redbee::CompileFailed => RuntimeError,
      Redbee::VerifierRejected => SystemCallError, Redbee::NotSupported => SystemCallError,
      Redbee::NotPermitted => SystemCallError, Redbee::NotFound => SystemCallError,
      Redbee::OsError => SystemCallError }.each do |klass, ancestor|
      error = klass.new("what happened", errno: 5, log: ["line"])
      assert_kind_of Redbee::Error, error
      assert_kind_of ancestor, error
      assert_equal ["what happened", 5, ["line"]], [error.message, error.errno, error.log]
      assert_equal "trying: what happened", error.with_context("trying").message
    end
  end

  def test_an_unknown_table_is_a_key_error
    bpf = program("BPF_HASH(t);")
    error = assert_raises(KeyError) { bpf["u"] }
    assert_match(/map not found/, error.message)
    assert_raises(KeyError) { bpf.get_table("u") }
  end

  def test_nothing_works_after_cleanup_but_nothing_crashes
    bpf = program("BPF_HASH(t, u32, u64); BPF_PERF_OUTPUT(events);")
    table = bpf["t"]
    bpf["events"].open_perf_buffer {}
    bpf.cleanup
    bpf.cleanup
    assert_raises(RuntimeError) { table[1] }
    assert_raises(RuntimeError) { table.items }
    assert_raises(RuntimeError) { bpf.get_table("t") }
    assert_equal 0, bpf.perf_buffer_poll(0)
    assert_equal 0, bpf.num_open_tracepoints
  end

  def test_pin_checks_its_arguments
    table = program("BPF_HASH(t);")["t"]
    assert_raises(ArgumentError) { RbBCC::BCC.pin!(-1, "/sys/fs/bpf/x") }
    assert_raises(ArgumentError) { RbBCC::BCC.pin!(table.map_fd, "") }
    Dir.mktmpdir do |dir|
      error = assert_raises(SystemCallError) { table.pin!("#{dir}/t") }
      assert_match(/Failed to pin BPF object to .*not on a bpffs/, error.message)
    end
    assert_raises(SystemCallError) { RbBCC::HashTable.from_pin("/sys/fs/bpf/no_such_map", "u32", "u64") }
  end

  def test_another_rubys_extension_is_asked_for_clearly
    said, status = ruby(<<~RUBY)
      RbConfig::CONFIG["ruby_version"] = "9.9.0"
      begin
        require "rbbcc"
      rescue LoadError => error
        puts error.message
      end
    RUBY
    assert status.success?, said
    assert_match(/no extension for Ruby #{RUBY_VERSION}/, said)
  end
end
