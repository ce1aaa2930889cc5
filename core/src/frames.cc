#include "weir/core/frames.h"

#include <cstdint>
#include <limits>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir {
namespace {

constexpr std::size_t kHead = 4;

}  // namespace

std::string to_frame(std::string_view bytes, std::size_t largest) {
  WEIR_CHECK(bytes.size() <= largest && bytes.size() <= std::numeric_limits<std::uint32_t>::max(), bytes.size());
  std::string frame;
  frame.reserve(kHead + bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(bytes.size() >> shift & 0xff);
  return frame += bytes;
}

void FrameReader::add(std::string_view bytes) {
  if (taken_ > 0) bytes_.erase(0, std::exchange(taken_, 0));
  bytes_ += bytes;
}

std::optional<std::string> FrameReader::next() {
  const std::string_view left = std::string_view(bytes_).substr(taken_);
  if (left.size() < kHead) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kHead; ++i) length = length << 8 | static_cast<std::uint8_t>(left[i]);
  if (length > largest_)
    throw ExternalError("a frame of " + std::to_string(length) + " bytes, above the limit of " +
                        std::to_string(largest_));
  if (left.size() - kHead < length) return std::nullopt;
  taken_ += kHead + length;
  return std::string(left.substr(kHead, length));
}

}  // namespace weir
