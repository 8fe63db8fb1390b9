# frozen_string_literal: true

require_relative "helper"
require "io/wait"

# The network examples on real packets: a server and a client, each in a network namespace of the
# test's own, joined by a veth pair.
class NetTest < BpfTest
  EXAMPLES = "#{ROOT}/examples/ruby/net"
  SERVER = "10.231.77.1"
  CLIENT = "10.231.77.2"
  PORT = 8077

  def setup
    super
    @children = []
    @namespaces = []
    make_network
  rescue Exception # teardown is not run for a setup that failed
    remove_network
    raise
  end

  def teardown
    remove_network
    super
  end

  # Each request is a connection of its own. Packets that begin no message (handshakes, bodies, ACKs)
  # must not be printed.
  def test_http_snoop_prints_each_request_line_and_each_status_line_once
    serve_http
    snoop = start(@client, RbConfig.ruby, "#{EXAMPLES}/http_snoop.rb", @client)
    assert_says snoop, /^http_snoop: attached$/

    assert_equal %w[200 200 200 200 200], get("/", 5)
    assert_equal %w[404 404], get("/nothing/here", 2)
    assert_says snoop, /^HTTP/, times: 7

    Process.kill(:INT, snoop.pid)
    lines = snoop.read.lines(chomp: true) - ["http_snoop: attached", ""]
    expected = ["GET / HTTP/1.1", "HTTP/1.1 200 OK"] * 5 +
               ["GET /nothing/here HTTP/1.1", "HTTP/1.1 404 Not Found"] * 2
    assert_equal expected, lines
  end

  private

  # A running command whose output is read as it comes.
  Child = Struct.new(:pid, :reader, :said) do
    def says?(pattern, seconds, times: 1)
      limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
      while said.scan(pattern).size < times && (left = limit - Process.clock_gettime(Process::CLOCK_MONOTONIC)).positive?
        next unless reader.wait_readable(left)

        part = reader.read_nonblock(4096, exception: false)
        return false unless part
        said << part if part.is_a?(String)
      end
      said.scan(pattern).size >= times
    end

    # All that it said until its end (no text matches the pattern).
    def read
      says?(/(?!)/, 60)
      said
    end
  end

  def assert_says(child, pattern, times: 1)
    assert child.says?(pattern, 180, times: times), "no #{pattern.inspect} in what it said: #{child.said.inspect}"
  end

  def ip(*args)
    said, status = Open3.capture2e("ip", *args)
    status.success? or raise "ip #{args.join(" ")}: #{said}"
  end

  # @server and @client name a namespace, and the interface in it.
  def make_network
    @server, @client = %w[s c].map { |side| "rb#{side}#{Process.pid}" }
    [@server, @client].each do |name|
      ip("netns", "add", name)
      @namespaces << name
    end
    ip("link", "add", @server, "netns", @server, "type", "veth", "peer", "name", @client, "netns", @client)
    { @server => SERVER, @client => CLIENT }.each do |name, address|
      ip("-n", name, "address", "add", "#{address}/24", "dev", name)
      ip("-n", name, "link", "set", name, "up")
    end
  end

  # Processes first: they keep a namespace alive; the interfaces go with the namespaces.
  def remove_network
    @children.each do |child|
      Process.kill(:TERM, child.pid)
      child.read
      Process.kill(:KILL, child.pid)
      Process.wait(child.pid)
      child.reader.close
    end
    @namespaces.each { |name| ip("netns", "delete", name) }
    @children = @namespaces = []
  end

  # `ip netns exec` replaces itself by the command: the pid is the command's.
  def start(namespace, *command)
    reader, writer = IO.pipe
    pid = Process.spawn("ip", "netns", "exec", namespace, *command, in: File::NULL, out: writer, err: writer)
    writer.close
    Child.new(pid, reader, +"").tap { |child| @children << child }
  end

  # Ruby's own HTTP server, on an empty directory: / is the listing of it, all else is not found.
  def serve_http
    code = <<~RUBY
      require "webrick"
      require "tmpdir"
      root = Dir.mktmpdir
      at_exit { Dir.rmdir(root) }
      WEBrick::HTTPServer.new(BindAddress: "#{SERVER}", Port: #{PORT}, DocumentRoot: root,
                              StartCallback: -> { warn "serving" }).tap { |server| trap(:TERM) { server.shutdown } }.start
    RUBY
    assert_says start(@server, RbConfig.ruby, "-e", code), /^serving$/
  end

  # `count` requests by net/http from the client's namespace; returns the statuses of the answers.
  def get(path, count)
    code = "require 'net/http'; #{count}.times { puts Net::HTTP.get_response('#{SERVER}', '#{path}', #{PORT}).code }"
    said, status = Open3.capture2e("ip", "netns", "exec", @client, RbConfig.ruby, "-e", code)
    assert status.success?, said
    said.split
  end
end
