// The command `weir`.

#include "command_line.h"

int main(int argc, char** argv) { return weir::cluster::CommandLine().run(argc, argv); }
