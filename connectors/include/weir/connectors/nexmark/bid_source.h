#pragma once

#include <cstdint>
#include <memory>

#include "weir/connectors/nexmark/generator_config.h"
#include "weir/core/source.h"

namespace weir::connectors {

/// The numeric bids of a NEXMark generator: records of type nexmark::BidNumbers with their event time.
///
/// `splits` readers share the positions of one generator in alternate blocks, so that any number of them gives the same
/// bids at about the same event time. A split's position is the generator position it goes on at. Bounded if the
/// configuration limits the events; replayable.
/// Errors: UsageError for a configuration that cannot be meant.
std::shared_ptr<const Source> nexmark_bids(nexmark::GeneratorConfig config, std::uint32_t splits);

}  // namespace weir::connectors
