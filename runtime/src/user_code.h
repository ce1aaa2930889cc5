#pragma once

#include <exception>
#include <functional>

namespace weir::runtime {

/// Runs `work`, in which user code may throw anything, and returns what it threw, always a std::exception; null if it
/// returned. A simulated kill passes through. The one place that catches everything.
std::exception_ptr failure_of(const std::function<void()>& work);

/// The same, throwing what failure_of() returns.
void run_user_code(const std::function<void()>& work);

}  // namespace weir::runtime
