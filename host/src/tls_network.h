#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "weir/core/host.h"
#include "weir/core/network.h"
#include "weir/host/tls_host.h"

#include "tls_connection.h"
#include "tls_context.h"

namespace weir::host {

/// Handshakes that are under way. Thread-safe.
class TlsHandshakes final : public std::enable_shared_from_this<TlsHandshakes> {
 public:
  /// A stream, or null and what went wrong.
  using Done = std::function<void(std::unique_ptr<ByteStream> stream, std::string error)>;

  /// Requires: `host` outlives it.
  TlsHandshakes(Host& host, const TlsOptions& options);

  /// Calls `done` once on the control loop, unless it is stopped before.
  void begin(std::unique_ptr<ByteStream> below, TlsSession::Side side, const std::string& peer, Done done);

  /// Cuts all; nobody is told any more.
  void stop();

  void refuse(const std::string& why) const;

 private:
  struct UnderWay {
    std::shared_ptr<TlsConnection> connection;
    Done done;
    std::unique_ptr<Timer> limit;
  };

  void finish(std::uint64_t number, const std::string& error);

  Host& host_;
  const TlsOptions options_;
  const SslContext context_;

  std::mutex mutex_;  // guards what follows
  std::map<std::uint64_t, UnderWay> under_way_;
  std::uint64_t next_ = 0;
  bool stopped_ = false;
};

/// TLS over the network of a host. Requires: the host outlives it.
class TlsNetwork final : public Network {
 public:
  /// Errors: as TlsHost.
  TlsNetwork(Host& host, const TlsOptions& options);
  ~TlsNetwork() override;
  TlsNetwork(const TlsNetwork&) = delete;
  TlsNetwork& operator=(const TlsNetwork&) = delete;

  void connect(const Address& to, Connected done) override;
  std::unique_ptr<Listener> listen(const Address& at, Accepted accepted) override;

 private:
  Host& host_;
  const std::shared_ptr<TlsHandshakes> handshakes_;
};

}  // namespace weir::host
