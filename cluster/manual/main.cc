// Writes the man page of the command `weir`, or its completion in bash: weir_manual man|bash < FRAME > FILE.

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bash_completion.h"
#include "command_line.h"
#include "command_text.h"
#include "man_page.h"

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  if (what != "man" && what != "bash") {
    fmt::print(stderr, "usage: weir_manual man|bash < FRAME > FILE\n");
    return EXIT_FAILURE;
  }
  std::string frame{std::istreambuf_iterator<char>(std::cin), {}};
  const weir::cluster::CommandLine line;
  const auto commands = weir::cluster::command_texts(line.app());
  std::cout << (what == "man" ? weir::cluster::man_page(std::move(frame), commands, WEIR_VERSION)
                              : weir::cluster::bash_completion(std::move(frame), commands));
  // What the build keeps must be whole.
  return std::cout.flush().good() ? EXIT_SUCCESS : EXIT_FAILURE;
}
