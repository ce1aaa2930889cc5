#pragma once

#include <stdexcept>
#include <string>

namespace weir {

/// Whose mistake ended an operation.
enum class Domain {
  kUser,        ///< flags, configuration, job code or input data
  kExternal,    ///< disk, network, another process
  kCorruption,  ///< stored data is not what was stored
  kInternal,    ///< Weir's own
};

/// Whether doing the same again can end differently.
enum class Retry { kNo, kYes };

/// What ends an operation. The message names the file, key, operator or flag, and says what to do.
class Error : public std::runtime_error {
 public:
  Error(Domain domain, Retry retry, const std::string& message)
      : std::runtime_error(message), domain_(domain), retry_(retry) {}

  Domain domain() const { return domain_; }
  Retry retry() const { return retry_; }

 private:
  Domain domain_;
  Retry retry_;
};

/// Wrong flags or configuration: the process exits with status 2.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(Domain::kUser, Retry::kNo, message) {}
};

/// Input or job code that fails again however often it is repeated.
class UserError : public Error {
 public:
  explicit UserError(const std::string& message) : Error(Domain::kUser, Retry::kNo, message) {}
};

/// The outside failed: a disk, a peer, a name that does not resolve.
class ExternalError : public Error {
 public:
  explicit ExternalError(const std::string& message, Retry retry = Retry::kYes)
      : Error(Domain::kExternal, retry, message) {}
};

/// Stored or transmitted bytes are not what was written.
class CorruptionError : public Error {
 public:
  explicit CorruptionError(const std::string& message) : Error(Domain::kCorruption, Retry::kNo, message) {}
};

}  // namespace weir
