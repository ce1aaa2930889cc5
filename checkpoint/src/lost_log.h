#pragma once

#include <string>

#include "weir/checkpoint/layout.h"

namespace weir::checkpoint {

/// What is said of a directory that has files of checkpoints, and a log without any entry. It was not left so: a log
/// has an entry before there is any checkpoint, and its highest one is never deleted.
std::string lost_log(const Layout& layout);

}  // namespace weir::checkpoint
