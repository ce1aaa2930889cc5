#pragma once

#include <exception>
#include <string>

namespace weir {

// Looking into what an operation that ended elsewhere threw: a std::exception, or null if it went well.

/// What the exception says; empty for null.
std::string message_of(const std::exception_ptr& failure);

/// The exception is an E; false for null.
template <class E>
bool holds(const std::exception_ptr& failure) {
  if (failure == nullptr) return false;
  try {
    std::rethrow_exception(failure);
  } catch (const E&) {
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace weir
