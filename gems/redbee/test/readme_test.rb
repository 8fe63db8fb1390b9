# frozen_string_literal: true

require_relative "helper"

# The programs in the READMEs run as they are printed there: the first thing that a new user copies.
class ReadmeTest < BpfTest
  def test_the_first_program_prints_a_histogram
    said = run_program("README.md") do |io|
      while_doing(-> { File.write(File::NULL, "x" * 100) }) { io.read }   # else nobody may write in its second
    end
    assert_match(/^ +bytes +: count +distribution$/, said)
    assert_match(/^ +\d+ -> \d+ +: [1-9]\d* +\|\*/, said)
  end

  def test_the_gems_program_prints_a_line_when_something_is_executed
    said = run_program("gems/redbee/README.md") do |io|
      while_doing(-> { system("true") }) { io.each_line.find { |text| text.include?("hello") || text.include?("rror") } }
    end
    assert_match(/-\d+ +\[\d+\] .*: bpf_trace_printk: hello$/, said)
  end

  private

  def while_doing(work)
    worker = Thread.new { loop { work.call && sleep(0.05) } }
    yield
  ensure
    worker.kill.join
  end

  # The file's one block of Ruby, run by a Ruby of its own; the block reads what it says.
  def run_program(file)
    text = File.read("#{ROOT}/#{file}")[/^```ruby\n(.*?)^```/m, 1]
    io = IO.popen([RbConfig.ruby, "-"], "r+", err: %i[child out])
    io.write(text)
    io.close_write
    Timeout.timeout(60) { yield io }
  ensure
    Process.kill(:KILL, io.pid)
    io.close
  end
end
