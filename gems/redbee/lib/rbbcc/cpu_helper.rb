# frozen_string_literal: true

module RbBCC
  # Numbers of the CPUs of this machine.
  module CPUHelper
    module_function

    def get_online_cpus
      _read_cpu_range("/sys/devices/system/cpu/online")
    end

    def get_possible_cpus
      _read_cpu_range("/sys/devices/system/cpu/possible")
    end

    # The file holds ranges: "0-3,8".
    def _read_cpu_range(path)
      File.read(path).strip.split(",").flat_map do |range|
        first, last = range.split("-").map { |number| Integer(number, 10) }
        (first..(last || first)).to_a
      end
    end
  end
end
