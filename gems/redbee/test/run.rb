# frozen_string_literal: true

# All tests of the gem. Needs root: programs are loaded into the running kernel.
#   RUBYLIB=gems/redbee/lib:build/gem/lib REDBEE_CC=build/bin/redbee-cc ruby gems/redbee/test/run.rb [minitest options]
require_relative "helper"

Dir.glob(File.join(__dir__, "*_test.rb")).sort.each { |test| require test }
