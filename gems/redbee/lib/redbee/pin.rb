# frozen_string_literal: true

require "fiddle"
require_relative "error"

module Redbee
  # Gives a map or a program a name in a bpffs, so that it outlives its process.
  module Pin
    BPF_OBJ_PIN = 6
    BPF_SYSCALL = { "x86_64" => 321, "aarch64" => 280 }.fetch(RbConfig::CONFIG["host_cpu"])
    private_constant :BPF_OBJ_PIN, :BPF_SYSCALL

    SYSCALL = Fiddle::Function.new(Fiddle::Handle::DEFAULT["syscall"],
                                   [Fiddle::TYPE_LONG, Fiddle::TYPE_INT, Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT],
                                   Fiddle::TYPE_LONG)
    private_constant :SYSCALL

    # Any descriptor of a BPF object, also one that Redbee did not make.
    def self.pin(fd, path)
      name = Fiddle::Pointer["#{path}\0"]
      attributes = [name.to_i, fd, 0].pack("QLL")
      return path if SYSCALL.call(BPF_SYSCALL, BPF_OBJ_PIN, attributes, attributes.bytesize).zero?

      errno = Fiddle.last_error
      reason = SystemCallError.new(errno).message
      raise OsError.new("Failed to pin BPF object to #{path}: #{reason}#{hint(path)}", errno: errno)
    end

    def self.hint(path)
      folder = File.dirname(path)
      return "; the folder #{folder} does not exist" unless File.directory?(folder)

      mounts = File.readlines("/proc/self/mounts").map(&:split)
      on_bpffs = mounts.any? { |_, at, type, *| type == "bpf" && File.expand_path(path).start_with?("#{at}/") }
      on_bpffs ? "" : "; #{folder} is not on a bpffs (mount -t bpf bpf /sys/fs/bpf)"
    end
    private_class_method :hint
  end
end
