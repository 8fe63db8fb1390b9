# frozen_string_literal: true

module RbBCC
  # Prints a table of counters as histograms: one, or, when the key is a struct, one for each value of
  # its first field (the bucket), with the second field as the slot.
  module Histogram
    def print_log2_hist(val_type = "value",
                        section_header: "Bucket ptr",
                        section_print_fn: nil,
                        bucket_fn: nil,
                        strip_leading_zero: false,
                        bucket_sort_fn: nil)
      each_histogram($log2_index_max, section_header, section_print_fn, bucket_fn, bucket_sort_fn) do |slots|
        RbBCC.print_log2_hist(slots, val_type, strip_leading_zero)
      end
    end

    def print_linear_hist(val_type = "value",
                          section_header: "Bucket ptr",
                          section_print_fn: nil,
                          bucket_fn: nil,
                          bucket_sort_fn: nil)
      each_histogram($linear_index_max, section_header, section_print_fn, bucket_fn, bucket_sort_fn) do |slots|
        RbBCC.print_linear_hist(slots, val_type)
      end
    end

    # The log2 histogram as a line of JSON: ts, val_type, data of interval-start, interval-end, count.
    def print_json_hist(val_type = "value",
                        section_header: "Bucket ptr",
                        section_print_fn: nil,
                        bucket_fn: nil,
                        bucket_sort_fn: nil)
      require "json"
      each_slots($log2_index_max, bucket_fn, bucket_sort_fn) do |slots, bucket|
        line = { "ts" => Time.now.strftime("%Y-%m-%d %H:%M:%S"), "val_type" => val_type, "data" => intervals(slots) }
        line[section_header] = section_print_fn ? section_print_fn.call(bucket) : bucket if structured_key?
        puts JSON.generate(line)
      end
    end

    def structured_key?
      keytype.is_a?(Class)
    end

    private

    def each_histogram(width, header, print_fn, bucket_fn, sort_fn)
      each_slots(width, bucket_fn, sort_fn) do |slots, bucket|
        puts "\n#{header} = #{print_fn ? print_fn.call(bucket) : bucket.inspect}" if structured_key?
        yield slots
      end
    end

    # Yields counts by slot, and the bucket; without buckets once, with nil.
    def each_slots(width, bucket_fn, sort_fn)
      unless structured_key?
        yield fill(items.map { |key, leaf| [key.to_bcc_value, leaf] }, width), nil
        return nil
      end

      buckets = items.group_by { |key, _| bucket_of(key, bucket_fn) }
      order = sort_fn ? sort_fn.call(buckets.keys) : buckets.keys
      order.each { |bucket| yield fill(buckets[bucket].map { |key, leaf| [slot_of(key), leaf] }, width), bucket }
      nil
    end

    # Slot i of a log2 histogram, up to the last that is not empty.
    def intervals(slots)
      last = slots.rindex(&:positive?) || 0
      (1..last).map do |i|
        { "interval-start" => i == 1 ? 0 : 1 << (i - 1), "interval-end" => (1 << i) - 1, "count" => slots[i] }
      end
    end

    def bucket_of(key, bucket_fn)
      bucket = key.to_bcc_value.public_send(key_fields[0])
      bucket_fn ? bucket_fn.call(bucket) : bucket
    end

    def slot_of(key)
      key.to_bcc_value.public_send(key_fields[1])
    end

    # Padding is no field, although older descriptions of types list it.
    def key_fields
      @key_fields ||= keytype.members.map(&:to_s).reject { |name| name.start_with?("__pad_") }
    end

    # Slots past the last one are not shown, as BCC does not.
    def fill(counts, width)
      slots = Array.new(width, 0)
      counts.each { |slot, leaf| slots[slot] = count_of(leaf) if slot.between?(0, width - 1) }
      slots
    end

    def count_of(leaf)
      value = leaf.to_bcc_value
      value.is_a?(Array) ? value.sum : value
    end
  end
end
