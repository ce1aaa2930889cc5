#pragma once

#include <cerrno>
#include <string>

namespace weir::host {

/// The system's words for an errno value. Thread-safe.
std::string system_message(int error);

/// Repeats a system call while a signal interrupts it. Returns its result; errno says what went wrong.
template <class Call>
auto uninterrupted(Call&& call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace weir::host
