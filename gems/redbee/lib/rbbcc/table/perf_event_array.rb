# frozen_string_literal: true

module RbBCC
  # BPF_PERF_OUTPUT: events by way of one ring a CPU.
  class PerfEventArray < TableBase
    include EventTypeSupported

    def initialize(bpf, map_id, map_fd, keytype, leaftype, name: nil, map: nil)
      super
    end

    # The block gets (cpu, data, size) for each event, when perf_buffer_poll is called. `page_cnt`:
    # pages of each CPU's ring, a power of two. `lost_cb` gets the number of events that were lost.
    def open_perf_buffer(page_cnt: 8, lost_cb: nil, &callback)
      unless page_cnt.is_a?(Integer) && page_cnt.positive? && (page_cnt & (page_cnt - 1)).zero?
        raise "Perf buffer page_cnt must be a power of two, not #{page_cnt}"
      end
      raise ArgumentError, "open_perf_buffer needs a block" unless callback

      @reader&.close
      @reader = bpf.open_perf_reader(@map, page_cnt, callback, lost_cb)
      get_online_cpus.each { |cpu| bpf.perf_buffers[[object_id, cpu]] = @reader }
    end

    # The rings of all CPUs are opened together; this is for scripts that open them one by one.
    def _open_perf_buffer(cpu, callback, page_cnt, lost_cb)
      return if @reader && bpf.perf_buffers.value?(@reader)

      open_perf_buffer(page_cnt: page_cnt, lost_cb: lost_cb) { |from, data, size| callback.call(from, data, size) }
    end

    # Puts a counter of each CPU into the table, for perf_read in the program (BPF_PERF_ARRAY).
    # `type` and `config` as in struct perf_event_attr; pid -1: of every process.
    def open_perf_event(type, config, pid = -1)
      get_online_cpus.each do |cpu|
        counter = Redbee::PerfCounter.open(type, config, pid, cpu)
        bpf.keep_open(counter)
        @map.update(cpu, counter.fileno)
      end
      self
    end

    # Events that did not fit into the rings since open_perf_buffer.
    def lost
      @reader ? @reader.lost : 0
    end
  end
end
