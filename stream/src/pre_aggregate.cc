#include "weir/stream/operators/pre_aggregate.h"

#include "weir/core/snapshot.h"

namespace weir::detail {

void save_pre_aggregate(const PreAggregateTime& time, SavedValues& values) {
  values.put("watermark", time.watermark.time());
  values.put("was idle", time.was_idle);
}

PreAggregateTime restore_pre_aggregate(const SavedValues& values) {
  return {Watermark(values.get<Timestamp>("watermark").value_or(Timestamp::min())),
          values.get<bool>("was idle").value_or(false)};
}

}  // namespace weir::detail
