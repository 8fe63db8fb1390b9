# frozen_string_literal: true

module RbBCC
  class BCC
    # glibc's strlen and its like are IFUNCs: the symbol is a resolver that runs once a process and
    # returns the implementation for this CPU, which has no name in a stripped libc. A probe on the
    # symbol sees next to nothing. Where this process has the library too, its own linker knows which
    # implementation everybody here uses.
    module IndirectFunction
      # Its address in the file; nil when this process has not loaded the library.
      def self.implementation(path, symbol)
        mapping = nil
        address = Fiddle::Handle::DEFAULT[symbol]
        file = File.stat(path)
        File.foreach("/proc/self/maps") do |line|
          mapping = covering(line, address, file)
          break if mapping
        end
        mapping && Redbee.address_in_file(path, mapping)
      rescue Fiddle::DLError, SystemCallError
        nil
      end

      # The offset in the file, when this line of /proc/self/maps is about that file and address.
      def self.covering(line, address, file)
        range, _permissions, offset, _device, inode, = line.split
        first, last = range.split("-").map(&:hex)
        address - first + offset.hex if inode.to_i == file.ino && address.between?(first, last - 1)
      end
      private_class_method :covering
    end
    private_constant :IndirectFunction
  end
end
