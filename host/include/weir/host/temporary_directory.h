#pragma once

#include <string>

namespace weir::host {

/// A new directory below $TMPDIR, or /tmp; removed with all that is in it when this ends. What a killed process leaves
/// there nobody removes.
class TemporaryDirectory {
 public:
  /// Errors: ExternalError.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace weir::host
