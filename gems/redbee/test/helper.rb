# frozen_string_literal: true

require "minitest/autorun"
require "tmpdir"
require "timeout"
require "open3"
require "rbconfig"

unless Process.uid.zero?
  warn "the Ruby tests load programs into the kernel: run them as root"
  exit 1
end
unless File.exist?("/sys/kernel/tracing/trace_pipe")
  system("mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing") or abort "tracefs is needed"
end

require "rbbcc"

# Every test cleans up its programs and must leave no descriptor of a BPF object open.
class BpfTest < Minitest::Test
  ROOT = File.expand_path("../../..", __dir__)

  def setup
    @programs = []
    @bpf_before = bpf_descriptors
  end

  def teardown
    @programs.each(&:cleanup)
    GC.start
    assert_empty bpf_descriptors - @bpf_before, "left open" unless skipped?
  end

  # A program that is cleaned up after the test.
  def program(text, **options)
    RbBCC::BCC.new(text: text, **options).tap { |bpf| @programs << bpf }
  end

  # C that lets a tracing program go on in this process only.
  def only_here(otherwise: "return 0;")
    "if (bpf_get_current_pid_tgid() >> 32 != #{Process.pid}) #{otherwise}"
  end

  # A tracepoint handler for getppid(2), which this process calls by Process.ppid and nobody else does
  # by chance in a number that matters.
  def on_getppid(body)
    <<~C
      TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
        #{only_here}
        #{body}
        return 0;
      }
    C
  end

  def call_getppid(times)
    times.times { Process.ppid }
  end

  # Standard output of the block.
  def output(&block)
    capture_io(&block).first
  end

  # Runs Ruby code in another process; returns standard output and error together, and the status.
  def ruby(code, *args, env: {})
    Open3.capture2e(env, RbConfig.ruby, "-e", code, *args)
  end

  def assert_ruby(code, *args, env: {})
    said, status = ruby(code, *args, env: env)
    assert status.success?, said
    said
  end

  private

  def bpf_descriptors
    Dir.children("/proc/self/fd").filter_map do |fd|
      target = File.readlink("/proc/self/fd/#{fd}")
      "#{fd} #{target}" if target.match?(/bpf|perf_event/)
    rescue Errno::ENOENT
      nil
    end
  end
end
