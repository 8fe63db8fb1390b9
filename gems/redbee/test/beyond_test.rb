# frozen_string_literal: true

require_relative "helper"
require "json"

# What BCC's Python API has and the rbbcc gem has not, on real events.
class BeyondTest < BpfTest
  # Runs code in a network namespace of its own, where lo is up.
  def in_network(code)
    script = "require 'rbbcc'\nrequire 'socket'\ninclude RbBCC\n" \
             "def send_packets(n) = n.times { Addrinfo.udp('127.0.0.1', 9).connect { |s| s.send('hello', 0) rescue nil } }\n#{code}"
    said, status = Open3.capture2e("unshare", "--net", "sh", "-c", "ip link set lo up && exec #{RbConfig.ruby} -e \"$1\"", "sh", script)
    assert status.success?, said
    said
  end

  COUNT = "BPF_ARRAY(packets, u64, 1);\n"

  def test_xdp_counts_packets_until_it_is_removed
    said = in_network(<<~RUBY)
      b = BCC.new(text: "#{COUNT.dump[1..-2]}int count(struct xdp_md *ctx) { packets.increment(0); return XDP_PASS; }")
      b.attach_xdp("lo", b.load_func("count", BPF::XDP), XDPFlags::SKB_MODE)
      send_packets(5)
      seen = b["packets"][0].to_bcc_value
      begin
        b.attach_xdp("lo", "count", XDPFlags::SKB_MODE)
      rescue SystemCallError => error
        puts error.message
      end
      b.remove_xdp("lo")
      send_packets(5)
      p seen >= 5, b["packets"][0].to_bcc_value == seen
      begin
        b.attach_xdp("nodev", "count")
      rescue SystemCallError => error
        puts error.message
      end
    RUBY
    assert_match(/Failed to attach BPF program count to XDP of lo: .*\ntrue\ntrue\n.*no network interface nodev/, said)
  end

  def test_tc_counts_packets_of_each_direction
    said = in_network(<<~RUBY)
      b = BCC.new(text: "BPF_ARRAY(n, u64, 2); int out(struct __sk_buff *s) { n.increment(0); return TC_ACT_OK; } int in(struct __sk_buff *s) { n.increment(1); return TC_ACT_OK; }")
      b.attach_tc("lo", "out", direction: :egress)
      b.attach_tc("lo", "in")
      send_packets(4)
      first = b["n"].each.to_a
      b.remove_tc("lo", direction: :egress)
      send_packets(4)
      second = b["n"].each.to_a
      p first.min >= 4, second[0] == first[0], second[1] > first[1]
      b.attach_tc("lo", "in", direction: :sideways) rescue puts $!.message
      b.cleanup
      system("tc", "filter", "show", "dev", "lo", "ingress")
    RUBY
    assert_equal "true\ntrue\ntrue\ndirection is :ingress or :egress, not :sideways\n", said
  end

  def test_a_cgroup_program_sees_what_its_processes_send
    Dir.mktmpdir do |dir|
      said, status = Open3.capture2e("unshare", "--net", "--mount", "sh", "-c", <<~SH, "sh", <<~RUBY)
        mount -t cgroup2 none #{dir} && mkdir #{dir}/redbee_test_$$ && ip link set lo up || exit 77
        trap 'rmdir #{dir}/redbee_test_*' EXIT
        #{RbConfig.ruby} -e "$1" #{dir}/redbee_test_$$
      SH
        require "rbbcc"
        require "socket"
        include RbBCC
        b = BCC.new(text: "BPF_ARRAY(n, u64, 1); int sent(struct __sk_buff *skb) { n.increment(0); return 1; }")
        b.attach_func("sent", ARGV[0], BPFAttachType::CGROUP_INET_EGRESS)
        talk = "require 'socket'; 3.times { Addrinfo.udp('127.0.0.1', 9).connect { |s| s.send('x', 0) rescue nil } }"
        system(RbConfig.ruby, "-e", talk)
        outside = b["n"][0].to_bcc_value
        system(RbConfig.ruby, "-e", "File.write(ARGV[0] + '/cgroup.procs', Process.pid)\\n" + talk, ARGV[0])
        inside = b["n"][0].to_bcc_value
        b.detach_func("sent", File.open(ARGV[0]), BPFAttachType::CGROUP_INET_EGRESS)
        p outside, inside >= 3
        begin
          b.attach_func("sent", "/tmp", BPFAttachType::CGROUP_INET_EGRESS)
        rescue ArgumentError, SystemCallError => error
          puts error.message
        end
      RUBY
      skip "no cgroup v2 can be mounted here" if status.exitstatus == 77
      assert_match(/\A0\ntrue\n.*not a cgroup v2 directory/, said)
    end
  end

  def test_an_iterator_writes_what_it_walks
    bpf = program(<<~C)
      BPF_ITER(task) {
        struct task_struct *task = ctx->task;
        if (!task) return 0;
        u32 pid = task->tgid;
        bpf_seq_write(ctx->meta->seq, &pid, sizeof(pid));
        return 0;
      }
    C
    assert_includes bpf.read_iterator("task").unpack("L*"), Process.pid
    assert_includes bpf.read_iterator("bpf_iter__task").unpack("L*"), Process.ppid
    assert_raises(SystemCallError) { bpf.read_iterator("nothing") }
  end

  def test_a_program_reads_counters
    bpf = program("BPF_PERF_ARRAY(clock, 128); BPF_ARRAY(read, u64, 1);\n" +
                  on_getppid("u64 now = clock.perf_read(CUR_CPU_IDENTIFIER); int zero = 0; read.update(&zero, &now);"))
    software, cpu_clock = 1, 0
    bpf["clock"].open_perf_event(software, cpu_clock)
    call_getppid(1)
    first = bpf["read"][0].value
    sleep 0.05
    call_getppid(1)
    assert_operator bpf["read"][0].value - first, :>, 20_000_000, "nanoseconds of a CPU's clock"
    assert_raises(Redbee::OsError) { bpf["clock"].open_perf_event(99, 0) }
  end

  def test_maps_of_maps_lead_to_the_map_that_was_put_there
    bpf = program(<<~C)
      BPF_ARRAY(inner, u64, 2);
      BPF_ARRAY_OF_MAPS(by_index, "inner", 8);
      BPF_HASH_OF_MAPS(by_key, u32, "inner", 8);
      #{on_getppid("int one = 1, zero = 0; u32 key = 77; void *map = by_index.lookup(&one); u64 *n = map ? bpf_map_lookup_elem(map, &zero) : 0;" \
                   "if (n) *n += 1; map = by_key.lookup(&key); n = map ? bpf_map_lookup_elem(map, &zero) : 0; if (n) *n += 100;")}
    C
    other = program("BPF_ARRAY(inner, u64, 2);")["inner"]
    bpf["by_index"][1] = bpf["inner"]
    bpf["by_key"][77] = other
    call_getppid(3)
    assert_equal [3, 300], [bpf["inner"][0].to_bcc_value, other[0].to_bcc_value]
    bpf["by_key"].delete(77)
    call_getppid(1)
    assert_equal [4, 300], [bpf["inner"][0].to_bcc_value, other[0].to_bcc_value]
    assert_raises(SystemCallError) { bpf["by_index"][2] = program("BPF_HASH(unlike, u32, u32);")["unlike"] }
  end

  def test_stacks_with_build_ids_have_names_by_file
    bpf = program("BPF_STACK_TRACE_BUILDID(stacks, 64); BPF_HASH(ids, int);\n" +
                  on_getppid("int id = stacks.get_stackid(args, BPF_F_USER_STACK); ids.increment(id);"))
    call_getppid(1)
    id = bpf["ids"].keys.first.to_bcc_value
    skip "the kernel gives no build ids here" if id.negative?
    frames = []
    bpf["stacks"].walk(id) { |frame| frames << frame }
    refute_empty frames
    assert_equal ["[unknown]"], frames.map { |frame| RbBCC::BCC.sym(frame, -1) }.uniq
    assert_match(/\A\h{40}\z/, RbBCC::BCC.add_module("/lib/x86_64-linux-gnu/libc.so.6"))
    names = frames.map { |frame| RbBCC::BCC.sym(frame, -1, show_module: true, show_offset: true) }
    assert(names.any? { |name| name.match?(/getppid\+0x\h+ \[libc\.so\.6\]/) }, names.inspect)
  end

  def test_histograms_as_json
    bpf = program("struct key_t { u64 disk; u64 slot; };\nBPF_HISTOGRAM(plain); BPF_HISTOGRAM(each, struct key_t);\n" +
                  on_getppid("plain.increment(bpf_log2l(100));"))
    call_getppid(6)
    line = JSON.parse(output { bpf["plain"].print_json_hist("usecs") })
    assert_equal "usecs", line["val_type"]
    assert_match(/\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\z/, line["ts"])
    assert_equal({ "interval-start" => 64, "interval-end" => 127, "count" => 6 }, line["data"].last)
    assert_equal({ "interval-start" => 0, "interval-end" => 1, "count" => 0 }, line["data"].first)
    key = bpf["each"].keytype.malloc
    key.disk = 8
    key.slot = 2
    bpf["each"][key] = 4
    line = JSON.parse(output { bpf["each"].print_json_hist(section_header: "disk", section_print_fn: ->(d) { "sd#{d}" }) })
    assert_equal ["sd8", 4], [line["disk"], line["data"].last["count"]]
  end

  def test_batches_and_facts
    table = program("BPF_HASH(t, u32, u64);")["t"]
    table.items_update_batch([1, 2, 3], [10, 20, 30])
    assert_raises(ArgumentError) { table.items_update_batch([1], []) }
    assert_equal({ 1 => 10, 2 => 20, 3 => 30 }, table.items_lookup_batch.to_h { |k, v| [k.value, v.value] })
    table.items_delete_batch([2])
    assert_equal 2, table.items_lookup_and_delete_batch.size
    assert_empty table.items
    assert_equal ["syscalls:sys_enter_getppid"], RbBCC::BCC.get_tracepoints("syscalls:sys_enter_getppid")
    assert RbBCC::BCC.tracepoint_exists("syscalls", "sys_enter_getppid")
    refute RbBCC::BCC.tracepoint_exists("syscalls", "nothing")
    assert_in_delta Process.clock_gettime(Process::CLOCK_MONOTONIC), RbBCC::BCC.monotonic_time / 1e9, 1
    assert_includes [true, false], RbBCC::BCC.support_kfunc
  end
end
