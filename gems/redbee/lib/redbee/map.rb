# frozen_string_literal: true

module Redbee
  class Map
    # A map of which the caller has a descriptor. The Map has one of its own.
    def self.from_fd(fd)
      id = File.read("/proc/self/fdinfo/#{fd}")[/^map_id:\s*(\d+)/, 1]
      raise InvalidArgument, "descriptor #{fd} is not a BPF map" unless id

      from_id(id.to_i)
    rescue Errno::ENOENT
      raise InvalidArgument, "#{fd} is not an open descriptor"
    end
  end
end
