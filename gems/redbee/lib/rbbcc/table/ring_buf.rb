# frozen_string_literal: true

module RbBCC
  # BPF_RINGBUF_OUTPUT: events by way of one ring for all CPUs, in order. Linux 5.8.
  class RingBuf < TableBase
    include EventTypeSupported

    # A ring buffer that another program pinned. `leaftype`: C text, "struct event { int pid; };";
    # `size`: its pages.
    def self.from_pin(path, leaftype, size, name: "events")
      type = leaftype[/\Astruct\s+\w+(?=\s*\{)/m] || leaftype
      bpf = BCC.new(text: <<~C)
        #{leaftype.strip.delete_suffix(";")};
        BPF_TABLE_PINNED("ringbuf", u32, #{type}, #{name}, #{size}, "#{path}");
      C
      bpf[name.to_s]
    end

    def initialize(bpf, map_id, map_fd, keytype, leaftype, name: nil, map: nil)
      super
    end

    # The block gets (ctx, data, size) for each event, when ring_buffer_poll is called. A negative
    # Integer as its value ends that poll.
    def open_ring_buffer(ctx = nil, &callback)
      raise ArgumentError, "open_ring_buffer needs a block" unless callback

      bpf._open_ring_buffer(map_fd, callback, ctx)
      nil
    end

    def ring_buffer_poll(timeout = -1)
      bpf.ring_buffer_poll(timeout)
    end
  end
end
