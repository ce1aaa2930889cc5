#include "weir/state/drain_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "weir/core/check.h"

namespace weir::state {

namespace {

constexpr std::chrono::microseconds kSlice{100};

void sort(std::vector<RowChange>& rows) {
  std::sort(rows.begin(), rows.end(), [](const RowChange& a, const RowChange& b) {
    if (const int order = a.key().compare(b.key()); order != 0) return order < 0;
    return a.is_put() && !b.is_put();
  });
  const auto end =
      std::unique(rows.begin(), rows.end(), [](const RowChange& a, const RowChange& b) { return a.key() == b.key(); });
  rows.erase(end, rows.end());
}

}  // namespace

char* DrainedRows::take(std::size_t size) {
  bytes_ += size;
  if (size > kChunk) {
    large_.push_back(std::make_unique_for_overwrite<char[]>(size));
    return large_.back().get();
  }
  if (size > left_) {
    if (chunks_used_ == chunks_.size()) chunks_.push_back(std::make_unique_for_overwrite<char[]>(kChunk));
    ++chunks_used_;
    left_ = kChunk;
  }
  char* at = chunks_[chunks_used_ - 1].get() + (kChunk - left_);
  left_ -= size;
  return at;
}

std::string_view DrainedRows::add(RowChange::Kind kind, std::string_view key, std::string_view value) {
  if (key.size() + value.size() == 0) return {};
  const std::uint32_t key_size = RowChange::size_of(key);
  const std::uint32_t value_size = RowChange::size_of(value);
  char* at = take(key.size() + value.size());
  std::copy(key.begin(), key.end(), at);
  std::copy(value.begin(), value.end(), at + key.size());
  if (size_ == blocks_.size() * kBlockRows) blocks_.push_back(std::make_unique_for_overwrite<Row[]>(kBlockRows));
  blocks_[size_ / kBlockRows][size_ % kBlockRows] = {at, key_size,
                                                     kind == RowChange::Kind::kPut ? value_size : kDeleted};
  ++size_;
  return {at, key.size()};
}

std::size_t DrainedRows::memory_bytes() const { return row_bytes_held() + blocks_.size() * kBlockRows * sizeof(Row); }

void DrainedRows::append_block(std::size_t block, std::vector<RowChange>& to) const {
  const Row* const first = blocks_[block].get();
  std::for_each(first, first + std::min(kBlockRows, size_ - block * kBlockRows), [&to](const Row& row) {
    const std::string_view key(row.at, row.key_size);
    if (row.value_size == kDeleted) {
      to.emplace_back(RowChange::Kind::kDelete, key, std::string_view());
    } else {
      to.emplace_back(RowChange::Kind::kPut, key, std::string_view(row.at + row.key_size, row.value_size));
    }
  });
}

std::vector<RowChange> DrainedRows::sorted() const {
  std::vector<RowChange> rows;
  rows.reserve(size_);
  for (std::size_t block = 0; block * kBlockRows < size_; ++block) append_block(block, rows);
  sort(rows);
  return rows;
}

std::vector<RowChange> DrainedRows::take_sorted() {
  WEIR_CHECK(blocks_.size() * kBlockRows >= size_, size_);
  std::vector<RowChange> rows;
  rows.reserve(size_);
  for (std::size_t block = 0; block * kBlockRows < size_; ++block) {
    append_block(block, rows);
    blocks_[block].reset();
  }
  blocks_.clear();
  sort(rows);
  return rows;
}

void DrainedRows::clear() {
  size_ = 0;
  large_.clear();
  chunks_used_ = 0;
  left_ = 0;
  bytes_ = 0;
}

void DrainBuffer::put(std::string_view key, std::string_view value) {
  rows_.add(RowChange::Kind::kPut, key, value);
  // It was erased and came again before the freeze.
  if (!ended_before_.empty()) ended_before_.erase(key);
}

void DrainBuffer::freeze() {
  WEIR_CHECK(rows_.empty(), rows_.size());
  std::swap(rows_, next_);
  WEIR_CHECK(ended_before_.empty(), ended_before_.size());
  std::swap(ended_, ended_before_);
}

void DrainBuffer::begin_slice() {
  slice_begin_ = rows_.size();
  slice_end_ = host_.monotonic_now() + kSlice;
}

bool DrainBuffer::enough() { return rows_.size() - slice_begin_ >= slice_rows_ || host_.monotonic_now() >= slice_end_; }

DrainedRows DrainBuffer::take() {
  slice_begin_ = 0;
  return std::exchange(rows_, {});
}

void DrainBuffer::recycle(DrainedRows rows) {
  ended_before_.clear();
  rows.clear();
  if (rows_.empty()) rows_ = std::move(rows);
}

void DrainBuffer::shrink() {
  for (DrainedRows* rows : {&rows_, &next_})
    if (rows->empty()) *rows = {};
  for (Ends* ends : {&ended_, &ended_before_})
    if (ends->empty()) *ends = {};
}

}  // namespace weir::state
