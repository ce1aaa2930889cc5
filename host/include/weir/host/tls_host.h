#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weir/core/forwarding_host.h"
#include "weir/core/time.h"

namespace weir::host {

/// Files of PEM with which connections are made safe; the paths are as the user gave them.
struct TlsFiles {
  std::string certificate;  ///< with those between it and its CA, if there are any; empty: none is shown
  std::string key;          ///< of the certificate, without a passphrase
  std::string ca;           ///< who has signed what peers show

  bool empty() const { return certificate.empty() && key.empty() && ca.empty(); }
};

/// Whom a connection is for, and what is asked of its other end.
enum class TlsKind {
  kMutual,  ///< both sides show a certificate of `ca`, whatever its name; TLS 1.3. Needs all files
  kServer,  ///< shows a certificate and asks for none; TLS 1.2 or 1.3. Needs certificate and key
  kClient,  ///< asks for a certificate of `ca` (empty: the system's CAs) with the name it connects to; TLS 1.2 or 1.3
};

struct TlsOptions {
  TlsKind kind = TlsKind::kMutual;
  TlsFiles files;
  Duration handshake_limit{10'000};  ///< who has not shown by then who he is is refused
  /// Told on the control loop why a connection that came was refused. May be empty.
  std::function<void(const std::string& why)> refused = nullptr;
};

/// A host whose connections are TLS: streams of its network() exist once the handshake is done, and are as those of the
/// host below to those who use them. An end of input without TLS' own end is an error: somebody may have cut it off.
///
/// Writing encrypts on the thread that writes. Files are read once, here.
class TlsHost final : public ForwardingHost {
 public:
  /// Requires: `inner` outlives it. Errors: UserError naming the file and what is wrong with it: missing, unreadable,
  /// no PEM, not valid today, not of `ca`; a key that is another certificate's or that others may read.
  TlsHost(Host& inner, const TlsOptions& options);

  /// Connections whose handshake is under way are cut, and nobody is told.
  ~TlsHost() override;

  Network& network() override;

 private:
  std::unique_ptr<Network> network_;
};

}  // namespace weir::host
