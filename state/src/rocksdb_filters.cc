#include "rocksdb_filters.h"

#include <algorithm>

#include <rocksdb/table.h>

namespace weir::state {

FittingFilters::FittingFilters(std::size_t bytes) : bytes_(bytes) {
  for (int bits = kLeastBits; bits <= kMostBits; ++bits)
    policies_[static_cast<std::size_t>(bits - kLeastBits)].reset(rocksdb::NewBloomFilterPolicy(bits));
}

const FittingFilters* FittingFilters::of(const rocksdb::Options& settings) {
  const auto* table = settings.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>();
  if (table == nullptr || table->filter_policy == nullptr) return nullptr;
  return dynamic_cast<const FittingFilters*>(table->filter_policy.get());
}

int FittingFilters::bits_at_the_bottom() const {
  const std::uint64_t rows = std::max<std::uint64_t>(rows_.load(std::memory_order_relaxed), 1);
  const std::uint64_t bits = std::uint64_t{bytes_} * 8 / rows;
  if (bits < kLeastBits) return 0;
  return static_cast<int>(std::min<std::uint64_t>(bits, kMostBits));
}

const char* FittingFilters::CompatibilityName() const { return with_bits(kMostBits).CompatibilityName(); }

rocksdb::FilterBitsBuilder* FittingFilters::GetBuilderWithContext(const rocksdb::FilterBuildingContext& context) const {
  const int bits = context.is_bottommost ? bits_at_the_bottom() : kMostBits;
  return bits == 0 ? nullptr : with_bits(bits).GetBuilderWithContext(context);
}

rocksdb::FilterBitsReader* FittingFilters::GetFilterBitsReader(const rocksdb::Slice& contents) const {
  return with_bits(kMostBits).GetFilterBitsReader(contents);
}

}  // namespace weir::state
