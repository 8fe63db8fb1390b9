// make_ruby_layouts INPUT.tsv OUTPUT.inc: turns the table of Ruby's memory layouts into C++ rows,
// {"field", version, value}, sorted as they stand. Runs at build time; profiler/discover includes
// the output. It refuses a malformed table, so that a typing mistake breaks the build.
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

namespace {

// "3.1.5" as 0x030105; 0 when it is not a version.
int parse_version(const std::string& text) {
  int major = 0, minor = 0, teeny = 0;
  char dot1 = 0, dot2 = 0;
  std::istringstream in(text);
  in >> major >> dot1 >> minor >> dot2 >> teeny;
  if (!in || !in.eof() || dot1 != '.' || dot2 != '.') return 0;
  return major << 16 | minor << 8 | teeny;
}

int refuse(const std::string& path, int line, const std::string& why) {
  std::cerr << path << ":" << line << ": " << why << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_ruby_layouts INPUT.tsv OUTPUT.inc\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  if (!in) return refuse(argv[1], 0, "cannot be read");
  std::ostringstream out;
  std::map<std::string, int> last_version;
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    if (text.empty() || text[0] == '#') continue;
    std::istringstream cells(text);
    std::string field, version_text, value;
    if (!(cells >> field >> version_text >> value)) return refuse(argv[1], line, "needs 3 cells");
    const int version = parse_version(version_text);
    if (!version) return refuse(argv[1], line, version_text + " is no version");
    if (last_version[field] >= version) return refuse(argv[1], line, field + ": out of order");
    last_version[field] = version;
    if (value == "-") value = "-1";
    if (value.find_first_not_of("-0123456789") != std::string::npos)
      return refuse(argv[1], line, value + " is no number");
    out << "{\"" << field << "\", " << version << ", " << value << "},\n";
  }
  std::ofstream(argv[2]) << out.str();
  return 0;
}
