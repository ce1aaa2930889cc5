#include "weir/stream/operators/timed_function.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::detail {

void throw_state_not_there(const std::string& name, bool kept) {
  if (kept)
    throw UserError(
        fmt::format("the state '{}' is used where no key is at hand: it can be used in process_element() and "
                    "on_timer(); not in open(), restored() and close(), nor for a record of a broadcast stream",
                    name));
  throw UserError(
      fmt::format("the state '{}' is used, but open() has not kept it: write void open("
                  "weir::ProcessOpening<Key>& opening) {{ opening.keep(...); }}",
                  name));
}

void throw_wrong_timer(Timestamp time, bool calls_timers) {
  if (!calls_timers)
    throw UserError(
        "a timer is set, but the process function has no on_timer(weir::Timestamp time, "
        "weir::ProcessContext<Key>& context, weir::Out<Result>& out)");
  throw UserError(fmt::format("a timer for {} ms is out of range: times go from {} to {} ms", to_ms(time),
                              to_ms(kMinTimestamp), to_ms(kMaxTimestamp)));
}

void rethrow_at_timer(const std::exception& error, Timestamp time, const std::string& key) {
  const std::string message =
      fmt::format("timer at {} ms{}: {}", to_ms(time), key.empty() ? "" : " of " + key, error.what());
  if (const auto* known = dynamic_cast<const Error*>(&error)) throw Error(known->domain(), known->retry(), message);
  throw Error(Domain::kUser, Retry::kYes, message);
}

}  // namespace weir::detail
