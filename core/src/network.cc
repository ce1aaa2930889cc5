#include "weir/core/network.h"

namespace weir {
namespace {

constexpr std::string_view kUnix = "unix:";

}  // namespace

std::string to_string(const Address& address) {
  return unix_name(address) ? address.host : address.host + ":" + std::to_string(address.port);
}

std::string unix_host(std::string_view name) { return std::string(kUnix).append(name); }

std::optional<std::string_view> unix_name(const Address& address) {
  if (!address.host.starts_with(kUnix)) return std::nullopt;
  return std::string_view(address.host).substr(kUnix.size());
}

}  // namespace weir
