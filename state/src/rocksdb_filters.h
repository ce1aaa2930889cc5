#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>

namespace weir::state {

/// Bloom filters that fit into the cache: of 10 bits a row, but in files at the bottom, where most rows lie, of as many
/// as there is memory for, or none.
///
/// Filters of which only a part fits are read again and again, each of them many times as large as the block with the
/// row. At the bottom they save reading a block for a row that is not there; where the others are small, a row that is
/// there costs one block without them. Thread-safe: RocksDB asks on its own threads.
class FittingFilters final : public rocksdb::FilterPolicy {
 public:
  /// `bytes`: what the filters at the bottom may take.
  explicit FittingFilters(std::size_t bytes);

  /// Those of a database with `settings`; null if it has others. They live as long as the settings.
  static const FittingFilters* of(const rocksdb::Options& settings);

  /// How many rows the database has, about. It counts for files that are begun afterwards. Const, as RocksDB shares
  /// policies.
  void set_rows(std::uint64_t rows) const { rows_.store(rows, std::memory_order_relaxed); }

  /// Bits a row of a filter at the bottom; 0: no filter.
  int bits_at_the_bottom() const;

  const char* Name() const override { return "weir.FittingFilters"; }
  const char* CompatibilityName() const override;
  rocksdb::FilterBitsBuilder* GetBuilderWithContext(const rocksdb::FilterBuildingContext& context) const override;
  rocksdb::FilterBitsReader* GetFilterBitsReader(const rocksdb::Slice& contents) const override;

 private:
  static constexpr int kMostBits = 10;
  // With fewer more than one row in six that are not there is looked for in vain.
  static constexpr int kLeastBits = 4;

  const rocksdb::FilterPolicy& with_bits(int bits) const {
    return *policies_[static_cast<std::size_t>(bits - kLeastBits)];
  }

  const std::size_t bytes_;
  mutable std::atomic<std::uint64_t> rows_{0};
  std::array<std::unique_ptr<const rocksdb::FilterPolicy>, kMostBits - kLeastBits + 1> policies_;
};

}  // namespace weir::state
