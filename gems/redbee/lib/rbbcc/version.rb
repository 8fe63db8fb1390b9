# frozen_string_literal: true

module RbBCC
  # The release of the rbbcc API that is kept here. The gem's own version is Redbee::VERSION.
  VERSION = "0.11.8"
end
