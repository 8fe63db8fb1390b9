#include "view/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace redbee::view {

bool is_terminal(int fd) {
  return isatty(fd) == 1;
}

int terminal_width(int fd, int otherwise) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = getenv("COLUMNS");
  int from_environment = columns ? atoi(columns) : 0;
  return from_environment > 0 ? from_environment : otherwise;
}

bool has_colour(int fd) {
  const char* no_color = getenv("NO_COLOR");
  return is_terminal(fd) && !(no_color && *no_color);
}

std::string coloured(std::string_view text, Colour colour, bool is_on) {
  constexpr const char* kCodes[] = {"0", "31", "32", "33", "34", "35", "36", "2", "1"};
  if (!is_on || colour == Colour::none) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<size_t>(colour)], text);
}

}  // namespace redbee::view
