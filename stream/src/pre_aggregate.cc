#include "weir/stream/operators/pre_aggregate.h"

#include <algorithm>

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

PreAggregateTime restore_pre_aggregate(const std::vector<SavedValues>& before) {
  PreAggregateTime all;
  bool any_open = false;
  for (const SavedValues& values : before) {
    const PreAggregateTime of = restore_pre_aggregate(values);
    all.was_idle = all.was_idle || of.was_idle;
    if (of.watermark == Watermark::end()) continue;
    any_open = true;
    all.watermark = std::max(all.watermark, of.watermark);
  }
  if (!any_open) all.watermark = Watermark::end();
  return all;
}

}  // namespace weir::detail
