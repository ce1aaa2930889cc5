#include "weir/host/tls_host.h"

#include "tls_network.h"

namespace weir::host {

TlsHost::TlsHost(Host& inner, const TlsOptions& options)
    : ForwardingHost(inner), network_(std::make_unique<TlsNetwork>(inner, options)) {}

TlsHost::~TlsHost() = default;

Network& TlsHost::network() { return *network_; }

}  // namespace weir::host
