# frozen_string_literal: true

require "fiddle"
require_relative "error"

# The extension is built once for each Ruby ABI and lies in a folder named after it.
begin
  require "redbee/#{RbConfig::CONFIG["ruby_version"][/\A\d+\.\d+/]}/redbee"
rescue LoadError => error
  raise unless error.path.to_s.end_with?("/redbee")

  built = Dir.glob(File.join(__dir__, "[0-9]*", "redbee.so")).map { |so| File.basename(File.dirname(so)) }
  raise LoadError, "redbee: this gem has no extension for Ruby #{RUBY_VERSION} " \
                   "(it has #{built.empty? ? "none" : built.sort.join(", ")}); " \
                   "use one of these Rubies or a redbee gem built with yours"
end
