#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "weir/host/tls_host.h"

#include "tls_context.h"

namespace weir::host {

/// TLS of one connection, without the connection: what comes is put in, what is to leave is taken out.
///
/// Not thread-safe. Once something went wrong all else does too, and failure() says what it was.
class TlsSession {
 public:
  enum class Side { kConnects, kAccepts };
  enum class Outcome {
    kMore,    ///< bytes of the peer are needed to go on
    kDone,    ///< the handshake is; for read(): the peer has ended its output
    kFailed,  ///< what output() holds may tell the peer why
  };

  /// `peer`: the name or address that a kClient connects to. Requires: `context` was made for `kind`.
  TlsSession(SSL_CTX& context, TlsKind kind, Side side, const std::string& peer);

  /// What came of the peer.
  void input(std::string_view bytes);
  /// Takes what is to be sent to it.
  std::string output();

  Outcome handshake();

  // After the handshake.

  /// Appends what the peer said.
  Outcome read(std::string& into);
  /// False: it failed.
  bool write(std::string_view bytes);
  /// There is no more to say.
  void end();

  const std::string& failure() const { return failure_; }

 private:
  Outcome fail(int result);

  const Side side_;
  std::unique_ptr<std::string> shown_ = std::make_unique<std::string>();  ///< name_of() a certificate that is refused
  OpensslPtr<SSL, SSL_free> ssl_;
  BIO* in_;   // of ssl_
  BIO* out_;  // of ssl_
  std::string failure_;
};

}  // namespace weir::host
