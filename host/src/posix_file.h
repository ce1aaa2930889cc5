#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/files.h"

namespace weir::host {

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }
  /// Gives the descriptor away.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Throws the ExternalError for a call on `path` that failed with `error` (an errno value).
[[noreturn]] void throw_file_error(std::string_view action, const std::string& path, int error);

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  std::size_t read_at(std::uint64_t offset, char* into, std::size_t size) override;
  void append(std::string_view bytes) override;
  void sync() override;
  std::uint64_t size() override;

 private:
  void check_usable(std::string_view action) const;

  Descriptor descriptor_;
  const std::string path_;
  bool sync_failed_ = false;
};

}  // namespace weir::host
