# frozen_string_literal: true

require "rubygems"
require_relative "plugin"

module RbBCC
  # `rbbcc --invoke NAME [--] ARGS`: runs a script that an installed rbbcc-* gem brings.
  class Invoker
    def initialize(args)
      @command, *@args = args
      raise "rbbcc --invoke: name the script to run" unless @command

      @args.shift if @args.first == "--"
    end

    def run
      Gem::Specification.select { |spec| spec.name.start_with?("rbbcc-") }
                        .map(&:name).uniq.each { |name| require name }
      script = Plugin.find_script_name(@command)
      raise Errno::ENOENT, "Script not found: #{@command}" unless script

      Process.exec(File.readlink("/proc/self/exe"), script, *@args)
    end
  end
end
