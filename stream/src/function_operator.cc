#include "weir/stream/operators/function_operator.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/snapshot.h"

namespace weir::detail {

void note_state(const std::string& name, std::vector<std::string>& names) {
  if (name.empty()) throw UserError("a state of a function has no name: declare it as state{\"name\"}");
  if (std::find(names.begin(), names.end(), name) != names.end())
    throw UserError(
        fmt::format("a function keeps two states named '{}': a checkpoint could not tell them apart", name));
  names.push_back(name);
}

void save_process_time(const ProcessTime& time, SavedValues& values) {
  values.put("watermark", time.watermark.time());
  values.put("clock", time.clock);
}

ProcessTime restore_process_time(const SavedValues& values) {
  return {Watermark(values.get<Timestamp>("watermark").value_or(Timestamp::min())),
          values.get<Timestamp>("clock").value_or(Timestamp::min())};
}

ProcessTime restore_process_time(const std::vector<SavedValues>& before) {
  ProcessTime latest;
  for (const SavedValues& values : before) {
    const ProcessTime of = restore_process_time(values);
    latest.watermark = std::max(latest.watermark, of.watermark);
    latest.clock = std::max(latest.clock, of.clock);
  }
  return latest;
}

}  // namespace weir::detail
