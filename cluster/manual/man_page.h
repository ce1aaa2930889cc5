#pragma once

#include <string>
#include <vector>

#include "command_text.h"

namespace weir::cluster {

/// The page weir(1), in the macros of man(7): `page` is its frame, weir.1.in.
std::string man_page(std::string page, const std::vector<CommandText>& commands, const std::string& version);

}  // namespace weir::cluster
