#include "weir/stream/operators/timed_function.h"

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/snapshot.h"

namespace weir::detail {

void throw_state_not_kept(const std::string& name) {
  throw UserError(
      fmt::format("the state '{}' is used, but open() has not kept it: write void open("
                  "weir::ProcessOpening<Key>& opening) {{ opening.keep(...); }}",
                  name));
}

void note_state(const std::string& name, std::vector<std::string>& names) {
  if (name.empty()) throw UserError("a state of a process function has no name: declare it as state{\"name\"}");
  if (std::find(names.begin(), names.end(), name) != names.end())
    throw UserError(
        fmt::format("a process function keeps two states named '{}': a checkpoint could not tell them apart", name));
  names.push_back(name);
}

void throw_wrong_timer(Timestamp time, bool calls_timers) {
  if (!calls_timers)
    throw UserError(
        "a timer is set, but the process function has no on_timer(weir::Timestamp time, "
        "weir::ProcessContext<Key>& context, weir::Out<Result>& out)");
  throw UserError(fmt::format("a timer for {} ms is out of range: times go from {} to {} ms", to_ms(time),
                              to_ms(kMinTimestamp), to_ms(kMaxTimestamp)));
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

void rethrow_at_timer(const std::exception& error, Timestamp time, const std::string& key) {
  const std::string message =
      fmt::format("timer at {} ms{}: {}", to_ms(time), key.empty() ? "" : " of " + key, error.what());
  if (const auto* known = dynamic_cast<const Error*>(&error)) throw Error(known->domain(), known->retry(), message);
  throw Error(Domain::kUser, Retry::kYes, message);
}

}  // namespace weir::detail
