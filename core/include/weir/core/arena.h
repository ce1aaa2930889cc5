#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "weir/core/text.h"

namespace weir {

/// Bytes in blocks that never move: what was interned stays valid until clear() or destruction.
///
/// clear() keeps one block, so that a recycled batch allocates nothing. Thread: one owner at a time.
class Arena {
 public:
  /// Copies `bytes` into the arena.
  Text intern(std::string_view bytes) {
    if (bytes.empty()) return Text{};
    if (bytes.size() > free_) grow(bytes.size());
    char* at = next_;
    std::memcpy(at, bytes.data(), bytes.size());
    next_ += bytes.size();
    free_ -= bytes.size();
    return Text(std::string_view(at, bytes.size()));
  }

  /// Forgets everything that was interned.
  void clear();

  /// Bytes interned, and those lost at the ends of blocks.
  std::size_t used() const { return capacity_ - free_; }

  /// Bytes held from the system.
  std::size_t capacity() const { return capacity_; }

 private:
  static constexpr std::size_t kFirstBlock = 16 * 1024;
  static constexpr std::size_t kKeptAtMost = 1024 * 1024;

  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  void grow(std::size_t at_least);

  std::vector<Block> blocks_;
  char* next_ = nullptr;
  std::size_t free_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace weir
