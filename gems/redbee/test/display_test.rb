# frozen_string_literal: true

require_relative "helper"

# Histograms come out in the layout of BCC's tools, to the character.
class DisplayTest < Minitest::Test
  def log2(vals, type = "usecs", strip = false)
    capture_io { RbBCC.print_log2_hist(vals, type, strip) }.first
  end

  def test_log2_rows_start_at_one_and_end_at_the_last_value
    assert_equal "     usecs               : count     distribution\n" \
                 "         0 -> 1          : 1        |**********                              |\n" \
                 "         2 -> 3          : 4        |****************************************|\n" \
                 "         4 -> 7          : 0        |                                        |\n" \
                 "         8 -> 15         : 2        |********************                    |\n", log2([0, 1, 4, 0, 2])
  end

  def test_large_values_have_wide_columns_and_short_bars
    vals = Array.new(65, 0)
    vals[34] = 8
    lines = log2(vals, "bytes").lines
    assert_equal "               bytes                         : count     distribution\n", lines.first
    assert_equal "          8589934592 -> 17179869183          : 8        |********************|\n", lines.last
    assert_equal 35, lines.size
  end

  def test_nothing_is_printed_without_values
    assert_empty log2(Array.new(65, 0))
    assert_empty log2([7, 0, 0])
  end

  def test_leading_zeroes_can_be_left_out
    assert_equal ["8 -> 15", "16 -> 31"], log2([0, 0, 0, 0, 3, 1], "x", true).lines.drop(1).map { |l| l[/\d+ -> \d+/] }
  end

  def test_linear_rows_start_at_zero
    text = capture_io { RbBCC.print_linear_hist([2, 0, 1], "kb") }.first
    assert_equal "     kb            : count     distribution\n" \
                 "        0          : 2        |****************************************|\n" \
                 "        1          : 0        |                                        |\n" \
                 "        2          : 1        |********************                    |\n", text
  end

  def test_bars_are_cut_and_marked
    assert_equal "", RbBCC.stars(0, 10, 40)
    assert_equal "*" * 20, RbBCC.stars(5, 10, 40)
    assert_equal "*" * 9 + "+", RbBCC.stars(20, 10, 10)
  end

  def test_the_width_follows_the_global
    before = $stars_max
    $stars_max = 10
    assert_includes log2([0, 1]), "|**********|"
  ensure
    $stars_max = before
  end
end
