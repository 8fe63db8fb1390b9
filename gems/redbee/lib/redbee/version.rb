# frozen_string_literal: true

module Redbee
  VERSION = "0.1.0"
end
