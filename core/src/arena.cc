#include "weir/core/arena.h"

#include <algorithm>

namespace weir {

void Arena::grow(std::size_t at_least) {
  const std::size_t doubled = blocks_.empty() ? kFirstBlock : blocks_.back().size * 2;
  const std::size_t size = std::max(at_least, std::min(doubled, kKeptAtMost));
  blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
  next_ = blocks_.back().bytes.get();
  free_ = size;
  capacity_ += size;
}

void Arena::clear() {
  if (blocks_.empty()) return;
  auto kept = std::max_element(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) {
    const auto worth = [](const Block& block) { return block.size <= kKeptAtMost ? block.size : 0; };
    return worth(a) < worth(b);
  });
  if (kept->size > kKeptAtMost) {
    blocks_.clear();
    next_ = nullptr;
    free_ = capacity_ = 0;
    return;
  }
  std::swap(blocks_.front(), *kept);
  blocks_.resize(1);
  next_ = blocks_.front().bytes.get();
  free_ = capacity_ = blocks_.front().size;
}

}  // namespace weir
