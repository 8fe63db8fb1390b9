# frozen_string_literal: true

require_relative "helper"

# The trace pipe is one for the whole machine: lines of others are passed over, and another reader may
# take some of ours, so each test writes more than it needs.
class TraceTest < BpfTest
  def hello(text = "redbee says hi")
    program(on_getppid("bpf_trace_printk(\"#{text} %d\\n\", bpf_get_current_pid_tgid() >> 32);"))
  end

  def mine(bpf)
    Timeout.timeout(5) do
      loop do
        fields = bpf.trace_fields
        return fields if fields[5].include?("redbee says") && fields[1] == Process.pid.to_s
      end
    end
  end

  def test_fields_are_six_strings
    bpf = hello
    call_getppid(20)
    task, pid, cpu, flags, ts, msg = mine(bpf)
    assert_equal File.read("/proc/self/comm").chomp, task
    assert_equal Process.pid.to_s, pid
    assert_match(/\A\d{3}\z/, cpu)
    refute_empty flags
    assert_match(/\A\d+\.\d{6}\z/, ts)
    assert_operator format("%.9f", ts).to_f, :>, 0
    assert_equal "redbee says hi #{Process.pid}\n", msg
  end

  def test_a_block_gets_every_line
    bpf = hello
    call_getppid(20)
    seen = []
    Timeout.timeout(5) do
      bpf.trace_fields do |_task, pid, _cpu, _flags, _ts, msg|
        seen << msg if pid == Process.pid.to_s
        break if seen.size == 3
      end
    end
    assert_equal 3, seen.size
  end

  def test_lines_come_whole
    bpf = hello
    call_getppid(20)
    line = Timeout.timeout(5) { bpf.trace_readline }
    assert line.end_with?("\n")
  end

  # Older kernels share the lines out among their readers.
  def test_a_second_reader_is_told_who_may_be_the_first
    first = hello
    begin
      first.tracefile
    rescue Errno::EBUSY
      nil   # of another process: as well
    end
    second = program("BPF_HASH(t);")
    begin
      second.tracefile
    rescue Errno::EBUSY => error
      assert_kind_of Redbee::OsError, error
      assert_match(/trace_pipe: somebody reads it already.*trace_print.*end that one first/, error.message)
      assert_equal Errno::EBUSY::Errno, error.errno
    end
    skip "this kernel lets several read" unless error
  end

  def test_trace_print_prints_lines_and_formats
    bpf = hello
    call_getppid(20)
    said = output { assert_raises(Timeout::Error) { Timeout.timeout(0.5) { bpf.trace_print } } }
    assert_match(/redbee says hi #{Process.pid}$/, said)
    refute_match(/^$/, said, "the message's own line end makes no empty line")
    call_getppid(20)
    said = output { assert_raises(Timeout::Error) { Timeout.timeout(0.5) { bpf.trace_print(fmt: "{1}: {5}") } } }
    assert_match(/^#{Process.pid}: redbee says hi #{Process.pid}$/, said)
  end
end
