#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// The most bytes a frame may carry.
inline constexpr std::size_t kLargestFrame = 16 * 1024 * 1024;

/// Puts a frame's length before its bytes: 4 bytes, big-endian. Requires: at most `largest` bytes, and what 4 bytes
/// can say.
std::string to_frame(std::string_view bytes, std::size_t largest = kLargestFrame);

/// The same without a copy: what is appended to `out` between the two is a frame. begin_frame() gives what end_frame()
/// has to know; what end_frame() requires is as for to_frame().
std::size_t begin_frame(std::string& out);
void end_frame(std::string& out, std::size_t begun, std::size_t largest = kLargestFrame);

/// Takes a stream of bytes apart into frames. Holds no more than what has come, at most one frame and what one read
/// brought: a length counts for nothing until its bytes are there. Thread: one owner.
class FrameReader {
 public:
  /// `largest`: what a peer may send at most.
  explicit FrameReader(std::size_t largest = kLargestFrame) : largest_(largest) {}

  void add(std::string_view bytes);

  /// The next whole frame, which lies here until the next call of add(); nothing until more bytes come. Errors:
  /// ExternalError for a length beyond the largest; the stream cannot be read any further.
  std::optional<std::string_view> next();

 private:
  std::size_t largest_;
  std::string bytes_;
  std::size_t taken_ = 0;  ///< of `bytes_`
};

}  // namespace weir
