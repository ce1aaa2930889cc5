#pragma once

#include <optional>

#include "weir/core/host.h"

namespace weir::host {

/// Whether a person may be watching this stream: it is not a file or a pipe.
bool is_terminal(StandardStream stream);

/// Columns of the terminal behind the standard output; absent when it is none or does not tell.
std::optional<unsigned> terminal_width();

}  // namespace weir::host
