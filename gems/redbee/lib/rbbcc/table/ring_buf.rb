# frozen_string_literal: true

module RbBCC
  # BPF_RINGBUF_OUTPUT: events by way of one ring for all CPUs, in order. Linux 5.8.
  class RingBuf < TableBase
    include EventTypeSupported

    # A ring buffer that another program pinned. `leaftype`: C text, "struct event { int pid; };";
    # `size`: its pages, which the kernel knows anyway.
    def self.from_pin(path, leaftype, size, name: "events")
      map = Redbee::Map.from_pin(path)
      type = leaftype[/\Astruct\s+\w+(?=\s*\{)/m] || leaftype
      declaration = type == leaftype ? "" : "#{leaftype.strip.delete_suffix(";")};"
      # A program without functions: it is there for the struct.
      bpf = BCC.new(text: "#{declaration}\nBPF_ARRAY(leaf, #{type}, 1);")
      bpf[name] = new(bpf, nil, map.fd, "u32", bpf["leaf"].leaftype, name: name.to_s, map: map)
    end

    def initialize(bpf, map_id, map_fd, keytype, leaftype, name: nil, map: nil)
      super
    end

    # The block gets (ctx, data, size) for each event, when ring_buffer_poll is called. A negative
    # Integer as its value ends that poll.
    def open_ring_buffer(ctx = nil, &callback)
      raise ArgumentError, "open_ring_buffer needs a block" unless callback

      bpf.open_ring_reader(@map, callback, ctx)
      nil
    end

    def ring_buffer_poll(timeout = -1)
      bpf.ring_buffer_poll(timeout)
    end
  end
end
