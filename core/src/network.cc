#include "weir/core/network.h"

namespace weir {

std::string to_string(const Address& address) { return address.host + ":" + std::to_string(address.port); }

}  // namespace weir
