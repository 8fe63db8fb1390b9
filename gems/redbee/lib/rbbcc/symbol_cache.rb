# frozen_string_literal: true

require_relative "../rbbcc"

module RbBCC
  # Names of addresses and addresses of names: of the kernel (pid -1) or of a process.
  class SymbolCache
    KERNEL = -1

    class << self
      def caches
        @caches ||= {}
      end

      def cache(pid)
        pid = KERNEL if pid.negative?
        caches[pid] ||= new(pid)
      end
      alias [] cache

      # A pointer to the kernel symbol's address, or false.
      def resolve_global(name)
        self[KERNEL].resolve_name(nil, name)
      end
    end

    def initialize(pid)
      @symbols = pid == KERNEL ? Redbee::KernelSymbols.open : open_process(pid)
      @is_kernel = pid == KERNEL
    end

    # [name, offset, module]; [nil, addr, nil] for an address without a name.
    def resolve(addr, demangle)
      return [nil, addr, nil] unless @symbols

      @is_kernel ? @symbols.resolve(addr) : @symbols.resolve(addr, demangle)
    end

    # A pointer to 8 bytes that hold the address, or false.
    def resolve_name(_module, name)
      address = find_address(_module, name) or return false
      pointer = Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
      pointer[0, Fiddle::SIZEOF_VOIDP] = [address].pack("J")
      pointer
    end

    # The address itself, or nil.
    def find_address(_module, name)
      return nil unless @symbols

      @is_kernel ? @symbols.address_of(name) : @symbols.address_of(name, _module)
    end

    # Names and addresses of the kernel's functions.
    def functions
      @is_kernel ? @symbols.functions : []
    end

    private

    # A process that has ended has no names any more; its addresses stay unknown.
    def open_process(pid)
      Redbee::ProcessSymbols.open(pid)
    rescue Redbee::Error
      nil
    end
  end
end
