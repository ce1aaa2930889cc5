#pragma once

#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "weir/host/tls_host.h"

#include "test_tools.h"

namespace weir::host {

/// Certificates that openssl(1) makes in a directory of the test's own.
class TestCertificates {
 public:
  TestCertificates() {
    make_authority("ca");
    make_authority("other-ca");
  }

  std::string path(const std::string& name) const { return directory_ / name; }
  std::string ca() const { return path("ca.pem"); }

  /// Files of a certificate NAME.pem with its key NAME.key, of an authority. Made once.
  TlsFiles files(const std::string& name, const std::string& authority = "ca") {
    if (made_.insert(name).second) issue(name, authority, "-days 30");
    return {path(name + ".pem"), path(name + ".key"), path(authority + ".pem")};
  }

  /// `validity`: as openssl x509 takes it.
  void issue(const std::string& name, const std::string& authority, const std::string& validity) {
    openssl(fmt::format(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={0} -keyout {0}.key -out {0}.csr", name));
    openssl(
        fmt::format("x509 -req -in {0}.csr -CA {1}.pem -CAkey {1}.key -CAcreateserial {2} -extfile names -out {0}.pem",
                    name, authority, validity));
  }

  void openssl(const std::string& arguments) { run("openssl " + arguments); }

  void run(const std::string& command) {
    const std::string all = fmt::format("cd {} && ( {} ) >> log 2>&1", directory_.path(), command);
    if (std::system(all.c_str()) != 0) throw std::runtime_error("this failed, see its log: " + all);
  }

 private:
  void make_authority(const std::string& name) {
    openssl(
        fmt::format("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN={0} "
                    "-keyout {0}.key -out {0}.pem",
                    name));
    run("echo subjectAltName=DNS:localhost,IP:127.0.0.1 > names");
  }

  TemporaryDirectory directory_;
  std::set<std::string> made_;
};

}  // namespace weir::host
