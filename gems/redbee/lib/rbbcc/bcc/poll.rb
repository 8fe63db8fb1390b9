# frozen_string_literal: true

module RbBCC
  class BCC
    # Waiting for events and handing them to blocks.
    module Poll
      # Waits up to `timeout` ms (-1: for ever) for events of perf buffers, and calls their blocks for
      # all there are. Returns how many events that were.
      def perf_buffer_poll(timeout = -1)
        poll(perf_buffers.values.uniq, timeout)
      end

      # What has arrived by now, without waiting.
      def perf_buffer_consume
        perf_buffer_poll(0)
      end

      # The same for all ring buffers.
      def ring_buffer_poll(timeout = -1)
        raise "No ring buffers to poll" if @ring_readers.empty?

        poll(@ring_readers, timeout)
      end

      def ring_buffer_consume
        ring_buffer_poll(0)
      end

      # `fn` is called with (ctx, data, size).
      def _open_ring_buffer(map_fd, fn, ctx)
        map = @image.maps.lazy.filter_map { |facts| @module.map(facts[:name]) }.find { |one| one.fd == map_fd }
        raise "Could not open ring buffer: descriptor #{map_fd} is none of this program's maps" unless map

        open_ring_reader(map, fn.to_proc, ctx)
      end

      # For RingBuf and PerfEventArray.
      def open_ring_reader(map, callback, ctx)
        @ring_readers << Redbee::Reader.ring(@module, map, ctx, callback)
      end

      def open_perf_reader(map, pages, callback, on_lost)
        Redbee::Reader.perf(@module, map, pages, callback, on_lost)
      end

      private

      # A reader of our output that has gone away ends the program, as it ends `cat`.
      def poll(readers, timeout)
        Redbee.poll(readers, timeout)
      rescue Errno::EPIPE
        exit
      end
    end
  end
end
