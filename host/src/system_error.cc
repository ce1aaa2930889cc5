#include "system_error.h"

#include <system_error>

namespace weir::host {

std::string system_message(int error) { return std::generic_category().message(error); }

}  // namespace weir::host
