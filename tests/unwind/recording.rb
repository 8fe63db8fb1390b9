# What tests of rbperf record share: its command line, the Rubies, a recorder that runs, and what it recorded.

require "json"
require "timeout"
require "tmpdir"

RBPERF = ARGV[0] == "--rbperf" ? File.expand_path(ARGV.slice!(0, 2).last) : File.expand_path("../../build/bin/rbperf", __dir__)

# Names on the command line: host, 2.7, 3.3, 3.4. The arguments are taken, so that minitest sees none.
def take_rubies = ARGV.slice!(0..).then { |names| names.empty? ? ["host"] : names }

def ruby_command(name)
  root = IO.popen([File.join(__dir__, "../support/ruby_tree"), name], &:read).strip
  abort "no Ruby #{name}" unless $?.success?
  root == "/" ? ["ruby"] : ["chroot", root, "/usr/bin/ruby#{name}"]
end

# rbperf record, attached; `said` is all it wrote to standard error.
class Recorder
  attr_reader :pid, :status

  def initialize(*arguments)
    reader, writer = IO.pipe
    @pid = Process.spawn(RBPERF, "record", *arguments, err: writer, out: File::NULL)
    writer.close
    @said = +""
    Timeout.timeout(60) { @said << reader.readline until @said.include?("rbperf: attached") }
    @rest = Thread.new { reader.read }
  rescue EOFError
    Process.wait(@pid)
    raise "rbperf did not attach: #{@said}"
  end

  # Waits for its end, for as long as that may take at most.
  def finish(seconds = 60)
    Timeout.timeout(seconds) { _, @status = Process.wait2(@pid) }
    self
  ensure
    Process.kill(:KILL, @pid) unless @status
  end

  def said = @said + @rest.value
end

# Records a program that says a line when it is ready and works when it is told a line. What it said: that
# line, and all that came after.
def record_program(command, file, *options, go: "go")
  target = IO.popen(command, "r+")
  ready = Timeout.timeout(60) { target.gets }
  recorder = Recorder.new("--pid", target.pid.to_s, "-o", file, *options)
  target.puts go
  target.close_write
  rest = Timeout.timeout(120) { target.read }
  recorder.finish
  raise "rbperf failed: #{recorder.said}" unless recorder.status.success?
  [ready, rest]
ensure
  Process.kill(:KILL, target.pid) if target && !rest
  target&.close
end

# The summary at the end is left out.
def samples_of(file)
  lines = IO.popen([RBPERF, "report", file, "--format", "samples"], err: File::NULL, &:readlines)
  lines.map { |line| JSON.parse(line) }.select { |sample| sample.key?("frames") }
end
