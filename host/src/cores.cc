#include "weir/host/cores.h"

#include <algorithm>
#include <thread>

namespace weir::host {

std::uint32_t cores() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace weir::host
