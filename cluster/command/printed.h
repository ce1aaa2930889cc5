#pragma once

#include <string>
#include <string_view>

#include "weir/core/host.h"

namespace weir::cluster {

/// Lines for the standard output, printed many at a time. Thread: one owner.
class Printed {
 public:
  explicit Printed(Host& host) : host_(host) {}

  void line(std::string_view text) {
    text_ += text;
    text_ += '\n';
    if (text_.size() >= kMany) flush();
  }

  /// To be called at the end; what is left is dropped otherwise.
  void flush() {
    if (!text_.empty()) host_.print(StandardStream::kOut, text_);
    text_.clear();
  }

 private:
  static constexpr std::size_t kMany = 64 * 1024;

  Host& host_;
  std::string text_;
};

}  // namespace weir::cluster
