#pragma once

#include <functional>
#include <string_view>
#include <thread>

namespace weir::host {

/// A thread that shows up under `name` (its first 15 bytes) in ps, top and debuggers.
/// Errors: ExternalError when the system gives no thread.
std::thread start_thread(std::string_view name, std::function<void()> run);

}  // namespace weir::host
