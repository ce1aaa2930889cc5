#pragma once

#include <memory>

#include "weir/core/source.h"

namespace weir::connectors {

/// Lines of Latin words from a text server of its own, on a free port of the loopback interface: a first look without
/// netcat. Records are of type weir::Text, as those of socket(). Unbounded, not replayable, parallelism 1.
std::shared_ptr<const Source> demo_text();

}  // namespace weir::connectors
