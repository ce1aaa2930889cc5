#include "tls_context.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::host {
namespace {

using Bio = OpensslPtr<BIO, BIO_free_all>;
using Certificate = OpensslPtr<X509, X509_free>;
using PrivateKey = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using Verification = OpensslPtr<X509_STORE_CTX, X509_STORE_CTX_free>;

enum class Readers { kAnybody, kOwner };

/// A file that is named by what it is in messages: "certificate", "private key".
struct PemFile {
  const char* what;
  const std::string& path;

  std::string name() const { return fmt::format("the {} '{}'", what, path); }
  [[noreturn]] void refuse(const std::string& why) const { throw UserError(fmt::format("{} {}", name(), why)); }
};

[[noreturn]] void refuse_unreadable(const PemFile& file) {
  file.refuse(fmt::format("cannot be read: {}", std::strerror(errno)));
}

std::string read(const PemFile& file, Readers readers) {
  constexpr std::size_t kMostBytes = 1024 * 1024;
  struct stat status{};
  if (::stat(file.path.c_str(), &status) != 0) refuse_unreadable(file);
  if (readers == Readers::kOwner && (status.st_mode & S_IRWXO) != 0)
    file.refuse(
        fmt::format("can be read by others (mode {:04o}): chmod 600 it, and make a new one if others had a look",
                    status.st_mode & 07777));
  errno = 0;
  std::ifstream in(file.path, std::ios::binary);
  std::string text;
  if (in) {
    text.resize(kMostBytes + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof() && text.size() <= kMostBytes) refuse_unreadable(file);
  if (text.size() > kMostBytes) file.refuse(fmt::format("is larger than {} bytes: it is no such thing", kMostBytes));
  return text;
}

Bio bio_of(const std::string& text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  WEIR_CHECK(bio != nullptr);
  return bio;
}

std::string text_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown time";
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

void check_dates(const PemFile& file, const X509& certificate) {
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0)
    file.refuse(fmt::format("is not valid before {}: is this machine's clock right?",
                            text_of(X509_get0_notBefore(&certificate))));
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0)
    file.refuse(fmt::format("expired at {}: make a new one", text_of(X509_get0_notAfter(&certificate))));
}

/// Never empty.
std::vector<Certificate> certificates_of(const PemFile& file) {
  const std::string text = read(file, Readers::kAnybody);
  const Bio bio = bio_of(text);
  std::vector<Certificate> all;
  while (auto* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) all.emplace_back(one);
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string error = take_openssl_error("it is empty");
  if (all.empty() || !ended)
    file.refuse(fmt::format("holds no certificate in PEM ('-----BEGIN CERTIFICATE-----'): {}", error));
  for (const Certificate& one : all) check_dates(file, *one);
  return all;
}

PrivateKey key_of(const PemFile& file) {
  const std::string text = read(file, Readers::kOwner);
  const Bio bio = bio_of(text);
  bool passphrase = false;
  const auto ask = [](char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
  };
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, ask, &passphrase));
  const std::string error = take_openssl_error("it is empty");
  if (passphrase) file.refuse("has a passphrase, which a daemon cannot type: take it off with openssl pkey");
  if (key == nullptr) file.refuse(fmt::format("holds no private key in PEM: {}", error));
  return key;
}

void check_issued_by(const PemFile& file, const std::vector<Certificate>& chain, SSL_CTX& context,
                     const std::string& ca) {
  const OpensslPtr<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }> between(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.get(), chain[i].get());
  const Verification verification(X509_STORE_CTX_new());
  WEIR_CHECK(verification != nullptr && X509_STORE_CTX_init(verification.get(), SSL_CTX_get_cert_store(&context),
                                                            chain.front().get(), between.get()) == 1);
  if (X509_verify_cert(verification.get()) == 1) return;
  file.refuse(fmt::format("is not one of the CA in '{}': {}", ca,
                          X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification.get()))));
}

void trust(SSL_CTX& context, const std::string& ca) {
  if (ca.empty()) {
    WEIR_CHECK(SSL_CTX_set_default_verify_paths(&context) == 1);
    return;
  }
  for (const Certificate& one : certificates_of({"CA's certificate", ca}))
    WEIR_CHECK(X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), one.get()) == 1);
}

void show(SSL_CTX& context, const TlsFiles& files, bool of_ca) {
  const PemFile certificate_file{"certificate", files.certificate};
  const PemFile key_file{"private key", files.key};
  const auto chain = certificates_of(certificate_file);
  const PrivateKey key = key_of(key_file);
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    key_file.refuse(fmt::format("is not that of {}", certificate_file.name()));
  }
  if (of_ca) check_issued_by(certificate_file, chain, context, files.ca);
  if (SSL_CTX_use_certificate(&context, chain.front().get()) != 1)
    certificate_file.refuse(fmt::format("cannot be used: {}", take_openssl_error("OpenSSL does not say why")));
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1)
    key_file.refuse(fmt::format("cannot be used: {}", take_openssl_error("OpenSSL does not say why")));
  for (std::size_t i = 1; i < chain.size(); ++i) WEIR_CHECK(SSL_CTX_add1_chain_cert(&context, chain[i].get()) == 1);
}

std::string text_of(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  WEIR_CHECK(bio != nullptr);
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

SslContext make_tls_context(const TlsOptions& options) {
  SslContext made(SSL_CTX_new(TLS_method()));
  WEIR_CHECK(made != nullptr);
  SSL_CTX& context = *made;
  const bool mutual = options.kind == TlsKind::kMutual;
  WEIR_CHECK(SSL_CTX_set_min_proto_version(&context, mutual ? TLS1_3_VERSION : TLS1_2_VERSION) == 1);
  // Connections are few and last: none is resumed, none is agreed on anew.
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(&context, 0);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  // The chain that is shown is the file's.
  SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  if (options.kind != TlsKind::kServer) {
    trust(context, options.files.ca);
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (options.kind != TlsKind::kClient) show(context, options.files, mutual);
  ERR_clear_error();
  return made;
}

std::string take_openssl_error(const std::string& otherwise) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return otherwise;
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? fmt::format("error {:#x} of OpenSSL", code) : reason;
}

std::string name_of(const X509& certificate) {
  return fmt::format("'{}' (signed by '{}')", text_of(X509_get_subject_name(&certificate)),
                     text_of(X509_get_issuer_name(&certificate)));
}

}  // namespace weir::host
