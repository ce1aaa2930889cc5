#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace weir {

/// Bytes of an encoded key: short ones lie in the object itself, longer ones on the heap.
///
/// clear() keeps the capacity, so that a buffer used again and again allocates nothing. Thread: one owner.
class KeyBuffer {
 public:
  static constexpr std::size_t kInlineBytes = 128;

  KeyBuffer() = default;
  KeyBuffer(const KeyBuffer&) = delete;
  KeyBuffer& operator=(const KeyBuffer&) = delete;

  void append(const void* bytes, std::size_t size) {
    if (size > capacity_ - size_) grow(size);
    std::memcpy(data_ + size_, bytes, size);
    size_ += size;
  }
  void append(std::string_view bytes) {
    if (!bytes.empty()) append(bytes.data(), bytes.size());
  }

  /// Forgets the bytes after the first `size`. Requires: size <= size().
  void truncate(std::size_t size) { size_ = size; }
  void clear() { size_ = 0; }

  std::size_t size() const { return size_; }

  /// Valid until the buffer is changed.
  std::string_view view() const { return {data_, size_}; }

 private:
  void grow(std::size_t more) {
    const std::size_t capacity = 2 * (size_ + more);
    auto heap = std::make_unique_for_overwrite<char[]>(capacity);
    std::memcpy(heap.get(), data_, size_);
    heap_ = std::move(heap);
    data_ = heap_.get();
    capacity_ = capacity;
  }

  char inline_[kInlineBytes];
  char* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = kInlineBytes;
  std::unique_ptr<char[]> heap_;
};

}  // namespace weir
