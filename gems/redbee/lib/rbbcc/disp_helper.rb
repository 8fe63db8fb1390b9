# frozen_string_literal: true

# Scripts read and set these.
$stars_max = 40
$log2_index_max = 65
$linear_index_max = 1025

module RbBCC
  # Histograms as text, in the layout of BCC's tools.
  module DisplayHelper
    # The bar of one row. A value above the maximum ends in "+".
    def stars(val, val_max, width)
      count = val_max.zero? ? 0 : (width * val.to_f / val_max).floor.clamp(0, width)
      bar = "*" * count
      val > val_max ? "#{bar[0...-1]}+" : bar
    end

    # Row i counts the values from 2**(i-1) to 2**i - 1.
    def print_log2_hist(vals, val_type, strip_leading_zero)
      vals = vals.map(&:to_i)
      last = vals.rindex(&:positive?)
      return unless last&.positive?

      wide = last > 32   # the bounds need 20 digits then, and the bars give way
      width = wide ? $stars_max / 2 : $stars_max
      body = wide ? "%20d -> %-20d : %-8d |%-*s|" : "%10d -> %-10d : %-8d |%-*s|"
      puts format(wide ? "               %-29s : count     distribution" : "     %-19s : count     distribution", val_type)
      largest = vals.max
      first = strip_leading_zero ? (1..last).find { |i| vals[i] != 0 } : 1
      (first..last).each do |i|
        low = i == 1 ? 0 : 1 << (i - 1)
        puts format(body, low, (1 << i) - 1, vals[i], width, stars(vals[i], largest, width))
      end
    end

    # Row i counts the value i.
    def print_linear_hist(vals, val_type)
      vals = vals.map(&:to_i)
      last = vals.rindex(&:positive?)
      return unless last

      puts format("     %-13s : count     distribution", val_type)
      largest = vals.max
      (0..last).each do |i|
        puts format("        %-10d : %-8d |%-*s|", i, vals[i], $stars_max, stars(vals[i], largest, $stars_max))
      end
    end
  end

  extend DisplayHelper
end
