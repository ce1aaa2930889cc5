#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

#include "weir/core/graph.h"
#include "weir/core/hash.h"
#include "weir/stream/operators/records.h"

namespace weir::detail {

/// The same inputs, their records spread by key.
template <class T, class KeyFn>
std::vector<GraphInput> by_key(std::vector<GraphInput> inputs, const KeyFn& key) {
  const auto hash_keys = [key](BatchBase& batch) {
    auto& records = static_cast<Batch<T>&>(batch);
    std::size_t i = 0;
    try {
      for (; i < records.size(); ++i) records.hashes()[i] = hash_key(std::invoke(key, std::as_const(records[i])));
    } catch (const std::exception& error) {
      rethrow_at_record(error, i, records.timestamps()[i], describe_record(records[i]));
    }
  };
  for (GraphInput& input : inputs) {
    input.partitioning = Partitioning::kHash;
    input.hash_keys = hash_keys;
  }
  return inputs;
}

}  // namespace weir::detail
