#pragma once

#include <string>

#include "weir/core/host.h"

namespace weir::connectors {

/// How records are printed.
struct PrintOptions {
  std::string name = {};  ///< stands before each line when there is one: "name> "
  StandardStream stream = StandardStream::kOut;
};

}  // namespace weir::connectors
