#include "weir/core/failure.h"

namespace weir {

std::string message_of(const std::exception_ptr& failure) {
  if (failure == nullptr) return {};
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& caught) {
    return caught.what();
  }
}

}  // namespace weir
