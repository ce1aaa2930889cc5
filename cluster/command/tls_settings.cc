#include "tls_settings.h"

#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/host/daemon.h"

namespace weir::cluster {
namespace {

enum class NeedsCa { kNo, kYes };

std::optional<host::TlsFiles> checked(host::TlsFiles files, const std::string& prefix, NeedsCa needs_ca) {
  if (files.empty()) return std::nullopt;
  const auto check = [&](std::string& file, const char* what) {
    if (file.empty())
      throw UsageError(fmt::format("--tls-{0}-{1} is missing: --tls-{0}-certificate, --tls-{0}-key{2} belong together",
                                   prefix, what,
                                   needs_ca == NeedsCa::kYes ? fmt::format(" and --tls-{}-ca", prefix) : ""));
    file = host::absolute_path(file);
  };
  check(files.certificate, "certificate");
  check(files.key, "key");
  if (needs_ca == NeedsCa::kYes || !files.ca.empty()) check(files.ca, "ca");
  return files;
}

}  // namespace

std::optional<host::TlsFiles> internal_files(const TlsArguments& arguments) {
  return checked(arguments.internal, "internal", NeedsCa::kYes);
}

std::optional<host::TlsFiles> rest_files(const TlsArguments& arguments) {
  return checked(arguments.rest, "rest", NeedsCa::kNo);
}

MaybeTls::MaybeTls(Host& plain, host::TlsKind kind, const std::optional<host::TlsFiles>& files,
                   std::function<void(const std::string&)> refused)
    : plain_(plain) {
  if (!files) return;
  host::TlsOptions options{kind, *files};
  options.refused = std::move(refused);
  tls_ = std::make_unique<host::TlsHost>(plain, options);
}

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

bool is_any_address(const std::string& address) { return address.empty() || address == "0.0.0.0" || address == "::"; }

}  // namespace weir::cluster
