# frozen_string_literal: true

module RbBCC
  # What is attached, by name: one name may have several functions.
  class Attachments
    def initialize(what)
      @what = what
      @links = Hash.new { |links, name| links[name] = [] }
    end

    def add(name, link)
      @links[name] << link
      link
    end

    def include?(name)
      @links.key?(name)
    end

    def detach(name)
      raise "#{@what} #{name} is not attached" unless include?(name)

      @links.delete(name).each(&:detach)
    end

    def detach_all
      @links.keys.each { |name| detach(name) }
    end

    # Places, not names: a USDT probe has several.
    def size
      @links.each_value.sum { |links| links.sum(&:size) }
    end
  end
end
