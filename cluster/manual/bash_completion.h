#pragma once

#include <string>
#include <vector>

#include "command_text.h"

namespace weir::cluster {

/// A script that tells bash what can stand where behind `weir`. It asks a running cluster for the ids of its jobs.
/// `script` is its frame, weir.bash.in.
std::string bash_completion(std::string script, const std::vector<CommandText>& commands);

}  // namespace weir::cluster
