#include "weir/host/environment.h"

#include <array>
#include <string_view>

#include <unistd.h>

namespace weir::host {

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const auto equals = variable.find('=');
    if (!variable.starts_with("WEIR_") || equals == std::string_view::npos) continue;
    found.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return found;
}

std::string process_name() {
  // One byte more than any host name has, so that it ends in a zero.
  std::array<char, 257> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0;
  return std::string(known ? name.data() : "unknown host") + ":" + std::to_string(process_id());
}

std::uint64_t process_id() { return static_cast<std::uint64_t>(::getpid()); }

}  // namespace weir::host
