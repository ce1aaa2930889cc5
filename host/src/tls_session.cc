#include "tls_session.h"

#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "weir/core/check.h"

namespace weir::host {
namespace {

/// Of an SSL, where its session notes whose certificate is refused.
int shown_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int note_refused(int fine, X509_STORE_CTX* verification) {
  if (fine == 1) return fine;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (const X509* shown = X509_STORE_CTX_get0_cert(verification))
    *static_cast<std::string*>(SSL_get_ex_data(ssl, shown_index())) = name_of(*shown);
  return fine;
}

/// What went wrong, by the newest error of this thread. Never empty.
std::string failure_of(const SSL& ssl, TlsSession::Side side, const std::string& shown) {
  const unsigned long code = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(code);
  // Alerts of the peer are numbered from there.
  if (reason > SSL_AD_REASON_OFFSET)
    return fmt::format("the other side refuses the connection: {}", take_openssl_error("TLS alert"));
  std::string said = take_openssl_error("TLS failed");
  if (SSL_is_init_finished(&ssl) == 1) return said;
  switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return fmt::format("its certificate {} is refused: {}", shown,
                         X509_verify_cert_error_string(SSL_get_verify_result(&ssl)));
    case SSL_R_HTTP_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
      return side == TlsSession::Side::kAccepts ? "it does not speak TLS" : "the other side does not speak TLS";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "it shows no certificate";
    default:
      return said;
  }
}

/// The peer must be called so.
void expect_name(SSL& ssl, const std::string& peer) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&ssl), peer.c_str()) == 1) return;
  ERR_clear_error();
  SSL_set_hostflags(&ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  WEIR_CHECK(SSL_set1_host(&ssl, peer.c_str()) == 1);
  WEIR_CHECK(SSL_set_tlsext_host_name(&ssl, peer.c_str()) == 1);
}

}  // namespace

TlsSession::TlsSession(SSL_CTX& context, TlsKind kind, Side side, const std::string& peer)
    : side_(side), ssl_(SSL_new(&context)), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
  WEIR_CHECK(ssl_ != nullptr && in_ != nullptr && out_ != nullptr, "no memory for a TLS connection");
  SSL_set_bio(ssl_.get(), in_, out_);
  WEIR_CHECK(SSL_set_ex_data(ssl_.get(), shown_index(), shown_.get()) == 1);
  SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), note_refused);
  if (side == Side::kAccepts) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  if (kind == TlsKind::kClient) expect_name(*ssl_, peer);
}

void TlsSession::input(std::string_view bytes) {
  std::size_t written = 0;
  if (bytes.empty()) return;
  WEIR_CHECK(BIO_write_ex(in_, bytes.data(), bytes.size(), &written) == 1 && written == bytes.size());
}

std::string TlsSession::output() {
  std::string bytes(BIO_ctrl_pending(out_), '\0');
  std::size_t size = 0;
  if (!bytes.empty()) WEIR_CHECK(BIO_read_ex(out_, bytes.data(), bytes.size(), &size) == 1 && size == bytes.size());
  return bytes;
}

TlsSession::Outcome TlsSession::handshake() {
  if (!failure_.empty()) return Outcome::kFailed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Outcome::kDone : fail(result);
}

TlsSession::Outcome TlsSession::read(std::string& into) {
  if (!failure_.empty()) return Outcome::kFailed;
  constexpr std::size_t kRecord = 16 * 1024;
  while (true) {
    std::array<char, kRecord> piece;
    std::size_t size = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), piece.data(), piece.size(), &size);
    if (result != 1) return fail(result);
    into.append(piece.data(), size);
  }
}

bool TlsSession::write(std::string_view bytes) {
  if (!failure_.empty()) return false;
  std::size_t written = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
  if (result == 1) return true;
  if (fail(result) != Outcome::kFailed) failure_ = "the other side wants to agree on something anew";
  return false;
}

void TlsSession::end() {
  if (!failure_.empty()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());  // 0: the peer has not ended its output yet, which is its business
  ERR_clear_error();
}

TlsSession::Outcome TlsSession::fail(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Outcome::kMore;
    case SSL_ERROR_ZERO_RETURN:
      return Outcome::kDone;
    default:
      failure_ = failure_of(*ssl_, side_, *shown_);
      return Outcome::kFailed;
  }
}

}  // namespace weir::host
