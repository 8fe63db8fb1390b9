# frozen_string_literal: true

require_relative "helper"

# Each lesson runs as a user runs it, on real events, and what it says is compared with what the test
# itself did.
class LessonsTest < BpfTest
  EXAMPLES = "#{ROOT}/examples/ruby"
  # A guest of tests/vm is an emulated machine, many times slower, and without a disk.
  GUEST = ENV.key?("REDBEE_GUEST")
  PATIENCE = GUEST ? 12 : 4

  # Started in the background of a shell, this process and its children would ignore Ctrl-C.
  trap("INT", "DEFAULT")

  # A script that is running, and what it has said so far.
  class Running
    attr_reader :said, :pid

    def initialize(path, *args)
      reading, writing = IO.pipe
      @pid = Process.spawn(RbConfig.ruby, path, *args, out: writing, err: writing)
      writing.close
      @said = +""
      @reader = Thread.new { reading.each_char { |char| @said << char } }
    end

    # Waits until the script has said `pattern` that often; false when it ended or took too long.
    def says?(pattern, seconds = 15 * PATIENCE, times: 1)
      limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
      until said_times(pattern) >= times
        return said_times(pattern) >= times if ended? || Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit

        sleep 0.02
      end
      true
    end

    # Counted here: a pattern of repetitions takes twice as long with every line that matches it.
    def said_times(pattern)
      @said.dup.scan(pattern).size   # the other thread goes on writing
    end

    def ended?
      !@reader.alive?
    end

    def interrupt
      Process.kill(:INT, @pid)
      finish
    end

    def finish
      unless @reader.join(20 * PATIENCE)
        @said << "\n(killed: it did not end within #{20 * PATIENCE} s)\n"
        Process.kill(:KILL, @pid)
      end
      Process.wait(@pid)
      $?
    end

    def stop
      Process.kill(:KILL, @pid)
      Process.wait(@pid)
    rescue Errno::ESRCH, Errno::ECHILD
      nil
    end
  end

  def lesson(name, *args)
    running = Running.new("#{EXAMPLES}/lessons/#{name}", *args)
    Timeout.timeout(60 * PATIENCE) { yield running }
  rescue Timeout::Error
    flunk "#{name} was not done with after #{60 * PATIENCE} s; it said: #{running.said}"
  ensure
    running&.stop
  end

  # Does `work` again and again until the script has said `pattern`: it may be attached a little after
  # it said so, and another reader of the trace pipe may take a line.
  def repeat_until(running, pattern, seconds: 15 * PATIENCE, &work)
    limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    work.call until running.says?(pattern, 0.2) || running.ended? || Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
    assert_match pattern, running.said
  end

  # A child process that lives for a moment, made with clone(2).
  def start_child
    Process.wait(fork { exit!(0) })
    $?.pid
  end

  # This process's sync(2); it has no wrapper in Ruby.
  def sync
    @sync ||= Fiddle::Function.new(Fiddle::Handle::DEFAULT["sync"], [], Fiddle::TYPE_VOID)
    @sync.call
  end

  def comm
    File.read("/proc/self/comm").chomp
  end

  def test_the_demo_shows_what_its_child_wrote
    said, status = Open3.capture2e(RbConfig.ruby, "#{EXAMPLES}/demo.rb")
    assert status.success?, said
    { "8 -> 15" => 400, "64 -> 127" => 200, "512 -> 1023" => 100, "4096 -> 8191" => 50 }.each do |range, count|
      assert_match(/ #{range} +: #{count} +\|/, said)
    end
    assert_equal 750, said.scan(/-> \d+ +: (\d+)/).flatten.sum(&:to_i)
  end

  def test_01_hello_world
    lesson("01_hello_world.rb") do |running|
      repeat_until(running, /#{comm}-#{Process.pid}\s.*Hello, World!/) { start_child }
    end
  end

  def test_02_sys_sync
    lesson("02_sys_sync.rb") do |running|
      repeat_until(running, /#{comm}-#{Process.pid}\s.*sync\(\) called/) { sync }
      assert running.interrupt.success?
      assert_match(/done\n\z/, running.said)
    end
  end

  def test_03_hello_fields
    lesson("03_hello_fields.rb") do |running|
      repeat_until(running, /^\d+\.\d+ +#{comm} +#{Process.pid} +Hello, World!$/) { start_child }
      assert running.interrupt.success?
    end
  end

  def test_04_sync_timing
    lesson("04_sync_timing.rb") do |running|
      repeat_until(running, /^At time \d+\.\d\d s: multiple syncs detected, last \d+ ms ago$/) { sync; sleep 0.03 }
      assert running.interrupt.success?
    end
  end

  def test_05_sync_count
    lesson("05_sync_count.rb") do |running|
      # Standard output is no terminal: the script's line comes at its end, so its probe is asked for.
      wait_until_attached(running.pid)
      7.times { sync }
      assert running.interrupt.success?
      assert_operator running.said[/sync was called (\d+) times/, 1].to_i, :>=, 7
    end
  end

  def test_07_hello_perf_output
    lesson("07_hello_perf_output.rb") do |running|
      repeat_until(running, /^\d+\.\d{9} +#{comm} +#{Process.pid} +Hello, perf_output!$/) { start_child }
      hello = / #{Process.pid} +Hello/
      before = running.said_times(hello)
      20.times { start_child }
      assert running.says?(hello, times: before + 20), "not all of 20 children were seen"
      assert running.interrupt.success?
    end
  end

  def test_08_sync_perf_output
    lesson("08_sync_perf_output.rb") do |running|
      repeat_until(running, /last \d+\.\d ms ago$/) { sync; sleep 0.05 }
      assert running.interrupt.success?
    end
  end

  def test_09_bitehist
    lesson("09_bitehist.rb") do |running|
      assert running.says?(/Tracing/)
      write_to_disk(4096)
      assert running.interrupt.success?
      assert_includes running.said, "     kbytes              : count     distribution\n"
      rows = running.said.scan(/(\d+) -> \d+ +: (\d+)/).to_h { |low, count| [low.to_i, count.to_i] }
      assert_operator rows.values.sum, :>=, 1
      assert_operator rows.select { |low, _| low >= 64 }.values.sum, :>=, 1, "4 MB were written in large requests"
    end
  end

  def test_10_disklatency
    lesson("10_disklatency.rb") do |running|
      assert running.says?(/Tracing/)
      write_to_disk(1024)
      assert running.interrupt.success?
      assert_match(/usecs +: count/, running.said)
      assert_operator counts(running.said).sum, :>=, 1, "a file of 1 MB was written"
    end
  end

  def test_12_urandomread
    lesson("12_urandomread.rb") do |running|
      getrandom = Fiddle::Function.new(Fiddle::Handle::DEFAULT["getrandom"],
                                       [Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_INT], Fiddle::TYPE_LONG)
      buffer = "\0" * 77
      repeat_until(running, /^\d+\.\d+ +#{comm} +#{Process.pid} +77$/) { getrandom.call(buffer, 77, 0) }
    end
  end

  def test_13_disksnoop_fixed
    lesson("13_disksnoop_fixed.rb") do |running|
      repeat_until(running, /^\d+\.\d+ +[A-Z]+ +\d+ +\d+\.\d\d$/) { write_to_disk(256) }
    end
  end

  def test_14_strlen_count
    lesson("14_strlen_count.rb", Process.pid.to_s) do |running|
      assert running.says?(/Tracing/)
      strlen = Fiddle::Function.new(Fiddle::Handle::DEFAULT["strlen"], [Fiddle::TYPE_VOIDP], Fiddle::TYPE_SIZE_T)
      37.times { strlen.call("redbee counts this") }
      5.times { strlen.call("and that") }
      assert running.interrupt.success?
      assert_match(/^ +37 "redbee counts this"$/, running.said)
      assert_match(/^ +5 "and that"$/, running.said)
    end
  end

  def test_15_ruby_usdt
    probed = "/usr/bin/ruby3.1"
    skip "no Ruby with USDT probes here" unless File.exist?(probed)
    child = IO.popen([probed, "-e", "puts; $stdout.flush; while gets; load '/dev/null'; require 'English'; $LOADED_FEATURES.reject! { |f| f.end_with?('English.rb') }; end"], "r+")
    child.gets
    lesson("15_ruby_usdt.rb", child.pid.to_s) do |running|
      assert running.says?(/REQUIRED/), running.said
      repeat_until(running, /^\d+\.\d{9} +English$/) { child.puts }
      assert running.interrupt.success?
    end
  ensure
    Process.kill(:KILL, child.pid)
    child.close
  end

  def test_16_task_switch
    lesson("16_task_switch.rb", "1") do |running|
      start_child and sleep 0.05 until running.ended?
      assert running.finish.success?
      switches = running.said.scan(/^task_switch\[ *\d+-> *\d+\]=(\d+)$/).flatten.map(&:to_i)
      assert_operator switches.size, :>, 2
      assert_match(/-> *#{Process.pid}\]/, running.said)
    end
  end

  # Lessons 6 and 11 are about kernel functions, which need kprobes or fentry.
  def test_06_disksnoop
    lesson("06_disksnoop.rb") do |running|
      next assert_refused(running, /none of blk_start_request, blk_mq_start_request can be probed here:\n.*no such function.*\n.*no way works/) unless kprobes?

      # A write of 256 KB, in one request or some.
      repeat_until(running, /^\d+\.\d+ +[1-9]\d+ +\d+\.\d\d$/) { write_to_disk(256) }
      assert running.interrupt.success?, running.said
    end
  end

  def test_11_vfsreadlat
    lesson("11_vfsreadlat.rb", "1", "2") do |running|
      next assert_refused(running, /no kprobes/) unless kprobes?

      comm until running.ended?   # reads a file
      assert running.finish.success?, running.said
      assert_equal 2, running.said.scan(/^\d\d:\d\d:\d\d$/).size
      assert_operator counts(running.said).sum, :>=, 100, "this process did nothing but read"
    end
  end

  private

  def kprobes?
    File.exist?("/sys/kernel/tracing/kprobe_events")
  end

  # Without kprobes a lesson works with fentry, or says that it cannot.
  def assert_refused(running, message)
    return running.interrupt if running.says?(/LAT\(ms\)|usecs/)

    refute running.finish.success?
    assert_match message, running.said
  end

  # The counts in histograms.
  def counts(said)
    said.scan(/-> \d+ +: (\d+)/).flatten.map(&:to_i)
  end

  # On the disk of this directory; a guest gets a loop device over memory.
  def write_to_disk(kilobytes)
    return write_to_loop_device(kilobytes) if GUEST

    path = "#{ROOT}/.lesson_#{Process.pid}"
    begin
      File.open(path, "w") do |file|
        file.write("x" * 1024 * kilobytes)
        file.fsync
      end
    ensure
      File.delete(path)
    end
  end

  def write_to_loop_device(kilobytes)
    backing = "/dev/shm/lesson_#{Process.pid}"
    File.open(backing, "w") { |file| file.truncate(1024 * kilobytes) }
    device = IO.popen(["losetup", "--find", "--show", backing], &:read).chomp
    refute_empty device, "no loop device"
    said, status = Open3.capture2e("dd", "if=/dev/zero", "of=#{device}", "oflag=direct", "bs=256k", "count=#{kilobytes / 256}")
    assert status.success?, said
  ensure
    system("losetup", "--detach", device) unless device.to_s.empty?
    File.delete(backing)
  end

  def wait_until_attached(pid, seconds = 10 * PATIENCE)
    limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    until attached?(pid) && asleep?(pid)
      flunk "process #{pid} attached nothing" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
      sleep 0.05
    end
  end

  def attached?(pid)
    Dir.children("/proc/#{pid}/fd").any? { |fd| File.readlink("/proc/#{pid}/fd/#{fd}").match?(/bpf[-_]link|perf_event/) }
  rescue SystemCallError
    false
  end

  # Before Linux 5.15 a descriptor is there a little before the program runs: the script attaches awake.
  def asleep?(pid)
    File.read("/proc/#{pid}/stat")[/\) (\S)/, 1] == "S"
  rescue SystemCallError
    false
  end
end
