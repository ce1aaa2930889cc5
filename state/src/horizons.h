#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "weir/core/row_key.h"
#include "weir/core/time.h"
#include "weir/state/cold_store.h"

namespace weir::state {

/// Below which time the rows of which state need not be kept.
class Horizons {
 public:
  /// A horizon below what is known already changes nothing.
  void raise(const std::vector<Horizon>& horizons);

  /// The row belongs to a slice that is gone, or has expired. False also for what is no row.
  bool drop(std::string_view row_key, std::string_view value) const;

  bool empty() const { return slices_.empty() && entries_.empty(); }

 private:
  using Times = std::map<StateId, Timestamp>;  ///< none is min()

  Times slices_;
  Times entries_;
};

}  // namespace weir::state
