#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "weir/host/tls_host.h"

namespace weir::host {

/// Frees what OpenSSL made.
template <auto kFree>
struct OpensslDeleter {
  template <class T>
  void operator()(T* what) const {
    kFree(what);
  }
};
template <class T, auto kFree>
using OpensslPtr = std::unique_ptr<T, OpensslDeleter<kFree>>;

using SslContext = OpensslPtr<SSL_CTX, SSL_CTX_free>;

/// What all connections of a kind have in common, with the files read and looked at. Errors: as TlsHost.
SslContext make_tls_context(const TlsOptions& options);

/// What OpenSSL's newest error on this thread says, and forgets them all; `otherwise` when there is none.
std::string take_openssl_error(const std::string& otherwise);

/// "'CN = worker' (signed by 'CN = ca')".
std::string name_of(const X509& certificate);

}  // namespace weir::host
