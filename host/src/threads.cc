#include "threads.h"

#include <string>
#include <system_error>
#include <utility>

#include <pthread.h>

#include "weir/core/error.h"

namespace weir::host {

std::thread start_thread(std::string_view name, std::function<void()> run) {
  constexpr std::size_t kLongestName = 15;
  std::string short_name(name.substr(0, kLongestName));
  try {
    return std::thread([short_name, run = std::move(run)] {
      // A thread without its name works as well: the result does not matter.
      (void)pthread_setname_np(pthread_self(), short_name.c_str());
      run();
    });
  } catch (const std::system_error& error) {
    throw ExternalError("cannot start the thread " + std::string(name) + ": " + error.code().message() +
                        "; raise the limit on processes and threads (ulimit -u)");
  }
}

}  // namespace weir::host
