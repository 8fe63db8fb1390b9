# frozen_string_literal: true

require_relative "lib/redbee/version"

# Built from the staged tree that CMake makes (target redbee_gem): the extension is in lib/redbee/ABI,
# the executables are in libexec.
Gem::Specification.new do |spec|
  spec.name = "redbee"
  spec.version = Redbee::VERSION
  spec.platform = "x86_64-linux"
  spec.summary = "eBPF for Ruby: a drop-in for rbbcc that needs no libbcc, kernel headers or compiler"
  spec.description = <<~TEXT
    Write eBPF tools in Ruby with the API of rbbcc. The compiler is a separate executable inside this
    gem, compiled programs are cached. libbpf and the C++ library are linked in; what remains shared is
    libc, libelf.so.1 and libz.so.1, which Debian has in its base packages libelf1 and zlib1g.
  TEXT
  spec.authors = ["Redbee's maintainers"]
  spec.license = "Apache-2.0"
  spec.homepage = "https://rubygems.org/gems/redbee"
  spec.metadata = { "rubygems_mfa_required" => "true" }
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir.chdir(__dir__) { Dir["lib/**/*.{rb,so}", "exe/*", "libexec/*", "README.md", "LICENSE"] }
  spec.bindir = "exe"
  spec.executables = Dir.chdir(__dir__) { Dir["exe/*"].map { |path| File.basename(path) } }
  spec.require_paths = ["lib"]
  spec.add_dependency "fiddle", "~> 1.0"
end
