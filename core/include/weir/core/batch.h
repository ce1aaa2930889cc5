#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "weir/core/arena.h"
#include "weir/core/check.h"
#include "weir/core/contains_text.h"
#include "weir/core/ids.h"
#include "weir/core/time.h"

namespace weir {

/// The timestamp of a record that was given none.
inline constexpr Timestamp kNoTimestamp = Timestamp::min();

/// Records on their way, without their type: arrays of timestamps and, on keyed edges, of key hashes.
///
/// A value lives until its batch is cleared or filled again. Thread: one owner at a time.
class BatchBase {
 public:
  /// `record_bytes`: the size of a value.
  BatchBase(std::size_t capacity, std::size_t record_bytes);
  virtual ~BatchBase() = default;
  BatchBase(const BatchBase&) = delete;
  BatchBase& operator=(const BatchBase&) = delete;

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }

  /// Nothing more should be added: `capacity` records, or enough text. Texts are counted so that batches of long lines
  /// stay bounded in bytes.
  bool full() const { return size_ == capacity_ || arena_.used() >= kTextLimit; }
  static constexpr std::size_t kTextLimit = 256 * 1024;

  /// What the records take in memory, with timestamps and texts; not what strings and containers in them have
  /// elsewhere.
  std::size_t bytes() const { return size_ * record_bytes_ + arena_.used(); }

  /// The same of a full batch without texts, with key hashes.
  std::size_t bytes_when_full() const { return capacity_ * (record_bytes_ + sizeof(std::uint64_t)); }

  Timestamp* timestamps() { return timestamps_.get(); }
  const Timestamp* timestamps() const { return timestamps_.get(); }

  /// Hashes of the records' keys; meaningful after a key_by only.
  std::uint64_t* hashes() { return hashes_.get(); }
  const std::uint64_t* hashes() const { return hashes_.get(); }

  /// The split all records of this batch came from; within the source's own chain only.
  SplitIndex split() const { return split_; }
  void set_split(SplitIndex split) { split_ = split; }

  Arena& arena() { return arena_; }

  /// Forgets the records and their texts; values stay constructed, so that strings keep their capacity.
  void clear() {
    size_ = 0;
    arena_.clear();
  }

  /// An empty batch of the same type and capacity.
  virtual std::unique_ptr<BatchBase> make_empty() const = 0;

  /// Appends record `r` to `builders[targets[r]]` for r = from, from + 1, ... and stops after a record that made its
  /// builder full, or at the end. Returns the index after the last record appended.
  /// Requires: builders are of this type and not full.
  virtual std::size_t scatter(std::size_t from, const std::uint16_t* targets, BatchBase* const* builders) = 0;

  /// Appends copies of records to `target` until its capacity is reached or all are copied; returns the index after the
  /// last. Requires: `target` is of this type.
  virtual std::size_t copy_to(std::size_t from, BatchBase& target) const = 0;

 protected:
  std::size_t size_ = 0;
  std::size_t capacity_;
  std::size_t record_bytes_;  ///< with the timestamp
  SplitIndex split_{};
  std::unique_ptr<Timestamp[]> timestamps_;
  std::unique_ptr<std::uint64_t[]> hashes_;
  Arena arena_;
};

using BatchPtr = std::unique_ptr<BatchBase>;

/// Up to `capacity` records of type T.
template <class T>
class Batch final : public BatchBase {
 public:
  explicit Batch(std::size_t capacity)
      : BatchBase(capacity, sizeof(T)), values_(static_cast<T*>(::operator new(capacity * sizeof(T), kAlignment))) {}

  ~Batch() override {
    for (std::size_t i = 0; i < constructed_; ++i) values_[i].~T();
    ::operator delete(values_, kAlignment);
  }

  T* values() { return values_; }
  const T* values() const { return values_; }
  T& operator[](std::size_t i) { return values_[i]; }
  const T& operator[](std::size_t i) const { return values_[i]; }

  /// Appends a record; its texts are copied into this batch's arena. Requires: not full.
  template <class V>
  void push(V&& value, Timestamp timestamp, std::uint64_t hash = 0) {
    T& slot = place(std::forward<V>(value));
    if constexpr (contains_text<T>) rehome(slot, arena_);
    timestamps_[size_] = timestamp;
    hashes_[size_] = hash;
    ++size_;
  }

  /// Appends a record that `fill(T&)` gives all its parts; texts have to be in this batch's arena. Requires: not full.
  template <class Fill>
  void push_filled(Timestamp timestamp, std::uint64_t hash, Fill&& fill) {
    if (size_ == constructed_) {
      ::new (static_cast<void*>(values_ + size_)) T();
      ++constructed_;
    }
    fill(values_[size_]);
    timestamps_[size_] = timestamp;
    hashes_[size_] = hash;
    ++size_;
  }

  /// Lets `fill(T* values, Timestamp* timestamps, std::size_t room)` write records behind the others; it returns how
  /// many. For plain types without texts: nothing is constructed, nothing copied.
  template <class Fill>
    requires std::is_trivially_copyable_v<T> && (!contains_text<T>)
  std::size_t fill(Fill&& fill) {
    const std::size_t filled = fill(values_ + size_, timestamps_.get() + size_, capacity_ - size_);
    size_ += filled;
    constructed_ = std::max(constructed_, size_);
    return filled;
  }

  /// Moves record `from` to place `to` within the batch; texts stay where they are. Requires: to <= from.
  void move_within(std::size_t from, std::size_t to) {
    if (from == to) return;
    values_[to] = std::move(values_[from]);
    timestamps_[to] = timestamps_[from];
    hashes_[to] = hashes_[from];
  }

  /// Keeps the first `size` records. Requires: size <= size().
  void truncate(std::size_t size) { size_ = size; }

  BatchPtr make_empty() const override { return std::make_unique<Batch>(capacity_); }

  std::size_t scatter(std::size_t from, const std::uint16_t* targets, BatchBase* const* builders) override {
    for (std::size_t r = from; r < size_; ++r) {
      auto& builder = static_cast<Batch&>(*builders[targets[r]]);
      builder.push(std::move(values_[r]), timestamps_[r], hashes_[r]);
      if (builder.full()) return r + 1;
    }
    return size_;
  }

  std::size_t copy_to(std::size_t from, BatchBase& target) const override {
    auto& builder = static_cast<Batch&>(target);
    std::size_t r = from;
    for (; r < size_ && builder.size() < builder.capacity(); ++r) builder.push(values_[r], timestamps_[r], hashes_[r]);
    return r;
  }

 private:
  static constexpr std::align_val_t kAlignment{alignof(T) > 64 ? alignof(T) : 64};

  template <class V>
  T& place(V&& value) {
    if (size_ < constructed_) {
      values_[size_] = std::forward<V>(value);
      return values_[size_];
    }
    T* slot = ::new (static_cast<void*>(values_ + size_)) T(std::forward<V>(value));
    ++constructed_;
    return *slot;
  }

  T* values_;
  std::size_t constructed_ = 0;
};

}  // namespace weir
