#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "weir/core/host.h"
#include "weir/host/tls_host.h"

namespace weir::cluster {

/// What a daemon's flags say of TLS: `internal` of its connections with other daemons and workers, `rest` of the page.
struct TlsArguments {
  host::TlsFiles internal;
  host::TlsFiles rest;  ///< `ca`: what this directory's commands check the page's certificate with
};

// With absolute paths, for a worker and a command work elsewhere. Nothing: that is not to be TLS.
// Errors: UsageError naming the flag that is missing.

std::optional<host::TlsFiles> internal_files(const TlsArguments& arguments);
std::optional<host::TlsFiles> rest_files(const TlsArguments& arguments);

/// A host whose connections are TLS where there are files for it, else `plain` itself.
class MaybeTls {
 public:
  /// Requires: `plain` outlives it. Errors: as TlsHost.
  MaybeTls(Host& plain, host::TlsKind kind, const std::optional<host::TlsFiles>& files,
           std::function<void(const std::string&)> refused = nullptr);

  Host& host() { return tls_ == nullptr ? plain_ : *tls_; }
  const char* scheme() const { return tls_ == nullptr ? "http" : "https"; }

 private:
  Host& plain_;
  std::unique_ptr<host::TlsHost> tls_;
};

/// Whether nobody but this machine reaches the address.
bool is_loopback(const std::string& address);
/// Whether listening there is listening at every address of this machine.
bool is_any_address(const std::string& address);

}  // namespace weir::cluster
