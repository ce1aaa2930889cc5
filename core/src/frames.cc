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
  std::string frame;
  frame.reserve(kHead + bytes.size());
  const std::size_t begun = begin_frame(frame);
  frame += bytes;
  end_frame(frame, begun, largest);
  return frame;
}

std::size_t begin_frame(std::string& out) {
  out.append(kHead, '\0');
  return out.size();
}

void end_frame(std::string& out, std::size_t begun, std::size_t largest) {
  const std::size_t size = out.size() - begun;
  WEIR_CHECK(size <= largest && size <= std::numeric_limits<std::uint32_t>::max(), size);
  for (std::size_t i = 1; i <= kHead; ++i) out[begun - i] = static_cast<char>(size >> (8 * (i - 1)) & 0xff);
}

void FrameReader::add(std::string_view bytes) {
  if (taken_ > 0) bytes_.erase(0, std::exchange(taken_, 0));
  bytes_ += bytes;
}

std::optional<std::string_view> FrameReader::next() {
  const std::string_view left = std::string_view(bytes_).substr(taken_);
  if (left.size() < kHead) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kHead; ++i) length = length << 8 | static_cast<std::uint8_t>(left[i]);
  if (length > largest_)
    throw ExternalError("a frame of " + std::to_string(length) + " bytes, above the limit of " +
                        std::to_string(largest_));
  if (left.size() - kHead < length) return std::nullopt;
  taken_ += kHead + length;
  return left.substr(kHead, length);
}

}  // namespace weir
