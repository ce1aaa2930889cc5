#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// A view of bytes that lie in a batch's arena: text that costs no allocation per record.
///
/// It is valid as long as the batch that holds its record. Emitting a record copies its texts into
/// the arena of the next batch. State that outlives a batch keeps std::string instead.
class Text {
 public:
  constexpr Text() = default;
  constexpr Text(std::string_view bytes) : data_(bytes.data()), size_(static_cast<std::uint32_t>(bytes.size())) {}
  constexpr Text(const char* text) : Text(std::string_view(text)) {}
  Text(const std::string& text) : Text(std::string_view(text)) {}

  constexpr std::string_view view() const { return {data_, size_}; }
  constexpr operator std::string_view() const { return view(); }

  constexpr const char* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }

  friend constexpr bool operator==(Text a, Text b) { return a.view() == b.view(); }
  friend constexpr std::strong_ordering operator<=>(Text a, Text b) { return a.view() <=> b.view(); }

 private:
  const char* data_ = "";
  std::uint32_t size_ = 0;
};

}  // namespace weir
