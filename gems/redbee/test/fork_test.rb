# frozen_string_literal: true

require_relative "helper"

# A child that was forked in the middle of tracing leaves its parent's programs, links and events alone,
# however it ends; and what scripts leave behind is gone with their process.
class ForkTest < BpfTest
  COUNTING = "BPF_HASH(counts, u32, u64);\n"
  SUBMIT = "u64 v = 1; perf.perf_submit(args, &v, sizeof(v)); ring.ringbuf_output(&v, sizeof(v), 0);"

  # Runs the block in a child; its exit status, or :hangs.
  def in_child(seconds = 10)
    pid = fork { yield }
    Timeout.timeout(seconds) { Process.wait(pid) }
    $?.exitstatus
  rescue Timeout::Error
    Process.kill(:KILL, pid)
    Process.wait(pid)
    :hangs
  end

  def with_buffers
    bpf = program("BPF_PERF_OUTPUT(perf); BPF_RINGBUF_OUTPUT(ring, 4);\n#{COUNTING}" +
                  on_getppid("counts.increment(1); #{SUBMIT}"))
    seen = Hash.new(0)
    bpf["perf"].open_perf_buffer { seen[:perf] += 1 }
    bpf["ring"].open_ring_buffer { seen[:ring] += 1 }
    sleep 0.05   # the reading threads run
    [bpf, seen]
  end

  # The parent gets all of the 5 events of each kind.
  def assert_parent_works(bpf, seen)
    call_getppid(5)
    bpf.perf_buffer_poll(1000)
    bpf.ring_buffer_poll(1000)
    assert_equal [{ perf: 5, ring: 5 }, 5], [seen, bpf["counts"][1].to_bcc_value]
  end

  def test_a_child_that_exits_takes_nothing_along
    bpf, seen = with_buffers
    assert_equal 7, in_child { exit!(7) }
    assert_equal 0, in_child { GC.start }
    assert_parent_works(bpf, seen)
  end

  # Ruby frees every object when a process ends by exit.
  def test_a_child_that_runs_its_finalizers_takes_nothing_along
    said = assert_ruby(<<~RUBY)
      require "rbbcc"
      b = RbBCC::BCC.new(text: <<~C)
        BPF_PERF_OUTPUT(perf); BPF_RINGBUF_OUTPUT(ring, 4);
        TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
          if (bpf_get_current_pid_tgid() >> 32 != \#{Process.pid}) return 0;
          #{SUBMIT}
          return 0;
        }
      C
      perf = ring = 0
      b["perf"].open_perf_buffer { perf += 1 }
      b["ring"].open_ring_buffer { ring += 1 }
      sleep 0.05
      3.times { Process.wait(fork { exit 7 }) }
      Process.wait(fork { b.cleanup })
      Process.wait(fork { b = nil; RbBCC::BCC.kept.clear; 5.times { GC.start } })
      4.times { Process.ppid }
      b.perf_buffer_poll(1000)
      b.ring_buffer_poll(1000)
      p [perf, ring]
    RUBY
    assert_equal "[4, 4]\n", said
  end

  def test_a_child_cannot_take_its_parents_events
    bpf, seen = with_buffers
    assert_equal 0, in_child {
      refused = %i[perf_buffer_poll ring_buffer_poll].count do |poll|
        bpf.public_send(poll, 0)
        false
      rescue ArgumentError => error
        error.message.include?("before fork")
      end
      exit!(refused == 2 ? 0 : 1)
    }
    assert_parent_works(bpf, seen)
  end

  def test_a_child_reads_its_parents_tables
    bpf = program(COUNTING)
    bpf["counts"][1] = 41
    assert_equal 0, in_child {
      value = bpf["counts"][1].to_bcc_value
      bpf["counts"][1] = value + 1
      exit!(value == 41 ? 0 : 1)
    }
    assert_equal 42, bpf["counts"][1].to_bcc_value
  end

  # Process.daemon forks and ends the parent: the ring buffer goes with the script.
  def test_a_script_that_becomes_a_daemon_reads_its_ring_buffer_on
    Dir.mktmpdir do |dir|
      assert_ruby(<<~RUBY)
        require "rbbcc"
        b = RbBCC::BCC.new(text: <<~C)
          BPF_RINGBUF_OUTPUT(ring, 4);
          TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
            u64 v = bpf_get_current_pid_tgid() >> 32;
            ring.ringbuf_output(&v, sizeof(v), 0);
            return 0;
          }
        C
        seen = Hash.new(0)
        b["ring"].open_ring_buffer { |_, data, _| seen[data[0, 8].unpack1("Q")] += 1 }
        sleep 0.05
        Process.daemon(true, true)
        sleep 0.05 until Process.ppid == 1 || (waited = waited.to_i + 1) > 40
        seen.clear
        20.times { Process.clock_gettime(0); Process.ppid }
        5.times { b.ring_buffer_poll(100) }
        File.write("#{dir}/new", seen[Process.pid])
        File.rename("#{dir}/new", "#{dir}/seen")
      RUBY
      limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 10
      sleep 0.05 until File.exist?("#{dir}/seen") || Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
      assert_operator File.read("#{dir}/seen").to_i, :>=, 20
    end
  end

  # -- scripts that do not clean up -------------------------------------------------------------------

  GET_FD_BY_ID = { "prog_id" => 13, "map_id" => 14, "link_id" => 30 }.freeze   # commands of bpf(2)

  def in_kernel?(kind, id)
    bpf = Fiddle::Function.new(Fiddle::Handle::DEFAULT["syscall"],
                               [Fiddle::TYPE_LONG, Fiddle::TYPE_INT, Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT], Fiddle::TYPE_LONG)
    attributes = [id, 0, 0, 0].pack("L4")
    fd = bpf.call(321, GET_FD_BY_ID.fetch(kind), attributes, attributes.bytesize)
    IO.for_fd(fd).close if fd >= 0
    fd >= 0
  end

  # The script prints what it has in the kernel, and ends without cleanup.
  def objects_left_by(ending)
    script = <<~RUBY
      require "rbbcc"
      b = RbBCC::BCC.new(text: "BPF_HASH(t); BPF_PERF_OUTPUT(events); " \
                               "TRACEPOINT_PROBE(syscalls, sys_enter_getppid) { t.increment(1); return 0; }\n" \
                               "RAW_TRACEPOINT_PROBE(sys_enter) { return 0; }")
      b["events"].open_perf_buffer {}
      Dir.children("/proc/self/fdinfo").each do |fd|
        puts File.read("/proc/self/fdinfo/\#{fd}").scan(/^(?:prog|map|link)_id:\\s*\\d+/)
      rescue Errno::ENOENT
      end
      $stdout.flush
      #{ending}
    RUBY
    said, = Open3.capture2({}, RbConfig.ruby, "-e", script, err: File::NULL)
    said.scan(/(\w+_id):\s*(\d+)/).map { |kind, id| [kind, id.to_i] }.uniq
  end

  def test_nothing_stays_in_the_kernel_however_a_script_ends
    ["", "exit!(0)", "Process.kill(:KILL, Process.pid)", "raise 'an error'", "abort", "Process.kill(:TERM, Process.pid); sleep",
     "Thread.new { exit }; sleep"].each do |ending|
      objects = objects_left_by(ending)
      assert_equal %w[link_id map_id prog_id], objects.map(&:first).uniq.sort, ending
      limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 10
      sleep 0.02 while objects.any? { |kind, id| in_kernel?(kind, id) } && Process.clock_gettime(Process::CLOCK_MONOTONIC) < limit
      assert_empty objects.select { |kind, id| in_kernel?(kind, id) }, "left after #{ending.inspect}"
    end
  end
end
