# frozen_string_literal: true

require_relative "helper"

class CommandTest < Minitest::Test
  COMMAND = File.expand_path("../exe/rbbcc", __dir__)

  def rbbcc(*args, env: {})
    Open3.capture2e(env, RbConfig.ruby, COMMAND, *args)
  end

  def test_version_has_two_lines
    %w[-v --version].each do |flag|
      said, status = rbbcc(flag)
      assert status.success?
      assert_equal "RbBCC: version #{RbBCC::VERSION}\nUsing #{RUBY_DESCRIPTION}\n", said
    end
  end

  def test_anything_else_is_for_ruby
    said, status = rbbcc("-e", "puts ARGV.inspect", "a", "b")
    assert status.success?
    assert_equal "[\"a\", \"b\"]\n", said
  end

  def test_scripts_of_plugin_gems_are_run
    Dir.mktmpdir do |home|
      install_plugin(home)
      said, status = rbbcc("--invoke", "hello", "--", "x", env: { "GEM_HOME" => home })
      assert status.success?, said
      assert_equal "hello [\"x\"]\n", said
      said, status = rbbcc("--invoke", "nothing", env: { "GEM_HOME" => home })
      refute status.success?
      assert_match(/Script not found: nothing/, said)
      refute rbbcc("--invoke").last.success?
    end
  end

  def test_registering_without_scripts_is_an_error
    Dir.mktmpdir do |dir|
      Dir.mkdir("#{dir}/lib")
      File.write("#{dir}/lib/rbbcc-bad.rb", "require 'rbbcc/plugin'; RbBCC::Plugin.register!")
      said, status = Open3.capture2e(RbConfig.ruby, "-I", "#{dir}/lib", "-e", "require 'rbbcc-bad'")
      refute status.success?
      assert_match(/RuntimeError/, said)
    end
  end

  def test_scripts_are_found_with_and_without_extension
    require "rbbcc/plugin"
    RbBCC::Plugin.scripts << RbBCC::Plugin::ScriptLocation.new("tool", "/x/tool.rb")
    assert_equal ["/x/tool.rb", "/x/tool.rb", nil], %w[tool tool.rb other].map { |n| RbBCC::Plugin.find_script_name(n) }
  ensure
    RbBCC::Plugin.scripts.clear
  end

  def test_debug_says_what_was_attached
    said, status = Open3.capture2e({ "RBBCC_DEBUG" => "1" }, RbConfig.ruby, "-e", <<~RUBY)
      require "rbbcc"
      RbBCC::BCC.new(text: "TRACEPOINT_PROBE(syscalls, sys_enter_getppid) { return 0; }")
    RUBY
    assert status.success?, said
    assert_equal "Found fnc: tracepoint__syscalls__sys_enter_getppid\nAttach: syscalls:sys_enter_getppid\n", said
  end

  private

  # A gem directory by hand, so that no network and no build is needed.
  def install_plugin(home)
    gem = "#{home}/gems/rbbcc-hello-1.0"
    %W[#{home}/specifications #{gem}/lib #{gem}/script].each { |dir| FileUtils.mkdir_p(dir) }
    File.write("#{home}/specifications/rbbcc-hello-1.0.gemspec", <<~RUBY)
      Gem::Specification.new do |s|
        s.name = "rbbcc-hello"
        s.version = "1.0"
        s.summary = "x"
        s.authors = ["x"]
        s.require_paths = ["lib"]
      end
    RUBY
    File.write("#{gem}/lib/rbbcc-hello.rb", "require 'rbbcc/plugin'\nRbBCC::Plugin.register!\n")
    File.write("#{gem}/script/hello.rb", "puts \"hello \#{ARGV.inspect}\"\n")
  end
end
