# frozen_string_literal: true

require_relative "helper"

# Maps on a bpffs, in a mount namespace of the test's own.
class PinTest < BpfTest
  def in_bpffs(code)
    Dir.mktmpdir do |dir|
      mounted = "mount -t bpf bpf #{dir} && exec #{RbConfig.ruby} -e \"$1\" #{dir}"
      said, status = Open3.capture2e("unshare", "--mount", "sh", "-c", mounted, "sh", "require 'rbbcc'\nDIR = ARGV[0]\n#{code}")
      skip "no bpffs can be mounted here: #{said}" if said.include?("permission denied") && said.include?("mount:")
      assert status.success?, said
      said
    end
  end

  def test_a_pinned_table_is_read_by_path
    said = in_bpffs(<<~'RUBY')
      b = RbBCC::BCC.new(text: "BPF_HASH(t, u32, u64); BPF_ARRAY(a, u64, 2);")
      b["t"][1] = 10
      b["a"][1] = 20
      p b["t"].pin!("#{DIR}/t") == "#{DIR}/t", RbBCC::BCC.pin!(b["a"].map_fd, "#{DIR}/a") == "#{DIR}/a"
      b.cleanup
      t = RbBCC::HashTable.from_pin("#{DIR}/t", "unsigned int", "unsigned long")
      a = RbBCC::ArrayTable.from_pin("#{DIR}/a", "int", "u64", keysize: 4, leafsize: 8)
      p t[1].to_bcc_value, a.each.to_a, t.items.size, t.ttype, a.size
      t[2] = 5
      p RbBCC::HashTable.from_pin("#{DIR}/t", "u32", "u64")[2].to_bcc_value
    RUBY
    assert_equal "true\ntrue\n10\n[0, 20]\n1\n1\n2\n5\n", said
  end

  def test_a_pinned_ring_buffer_is_read_by_path
    said = in_bpffs(<<~'RUBY')
      b = RbBCC::BCC.new(text: <<~C)
        struct data_t { u64 n; };
        BPF_RINGBUF_OUTPUT(events, 4);
        TRACEPOINT_PROBE(syscalls, sys_enter_getppid) { struct data_t d = {.n = 42}; events.ringbuf_output(&d, sizeof(d), 0); return 0; }
      C
      b["events"].pin!("#{DIR}/events")
      r = RbBCC::RingBuf.from_pin("#{DIR}/events", "struct data_t { u64 n; };", 4)
      seen = []
      r.open_ring_buffer { |_, data, _| seen << r.event(data).n }
      Process.ppid
      r.ring_buffer_poll(1000)
      p seen.uniq
    RUBY
    assert_equal "[42]\n", said
  end

  def test_a_function_can_be_pinned
    said = in_bpffs(<<~'RUBY')
      b = RbBCC::BCC.new(text: "int filter(struct __sk_buff *skb) { return -1; }")
      RbBCC::BCC.pin!(b.load_func("filter", RbBCC::BPF::SOCKET_FILTER), "#{DIR}/filter")
      p File.exist?("#{DIR}/filter")
    RUBY
    assert_equal "true\n", said
  end
end
