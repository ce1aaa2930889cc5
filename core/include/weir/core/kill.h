#pragma once

namespace weir {

/// Thrown by a simulated host at a crash point: the process ends here. Not a std::exception, so that nothing that
/// handles errors handles it; whoever must catch everything lets it pass.
struct Kill {};

}  // namespace weir
