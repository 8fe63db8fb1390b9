// What the other end of a descriptor can show.
#pragma once

#include <string>
#include <string_view>

namespace redbee::view {

bool is_terminal(int fd);
// Columns of the terminal, COLUMNS, or `otherwise`.
int terminal_width(int fd, int otherwise = 100);
// A terminal, and NO_COLOR is not set.
bool has_colour(int fd);

enum class Colour { none, red, green, yellow, blue, magenta, cyan, dim, bold };
// The text in the colour when `is_on`, else as it is.
std::string coloured(std::string_view text, Colour colour, bool is_on);

}  // namespace redbee::view
