#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "weir/core/row_key.h"
#include "weir/core/time.h"
#include "weir/state/cold_store.h"

namespace weir::state {

/// Below which time the rows of which state need not be kept. A state that is not sliced has no horizon but min().
class Horizons {
 public:
  /// A horizon below what is known already changes nothing.
  void raise(const std::vector<Horizon>& horizons);

  /// The row belongs to a slice that is gone. False also for what is no row key.
  bool drop(std::string_view row_key) const;

  bool empty() const { return times_.empty(); }

 private:
  std::map<StateId, Timestamp> times_;  ///< none is min()
};

}  // namespace weir::state
