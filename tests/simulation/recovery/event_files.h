#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/sim/random.h"
#include "weir/weir.h"

#include "recovery/process_reference.h"
#include "recovery/recovery_case.h"

namespace weir::tests {

/// What one stream of a random job brings, from files of a directory.
struct EventSide {
  std::int64_t out_of_orderness = 0;  ///< ms by which time goes back at most
  std::vector<PlainEvent> events;
};

/// Some events of `keys` keys, about `pace` ms apart, now and then none, shared among files of /in/<name>.
EventSide draw_side(sim::Random& random, const std::string& name, std::uint64_t keys, std::int64_t pace,
                    RecoveryCase::Files& files);

/// The event of a line of these files.
PlainEvent event_of(std::string_view line);

/// The records of /in/<name>, with event time.
template <class Record>
Stream<Record> read_events(Environment& env, const std::string& name, const EventSide& side,
                           Record (*parse)(std::string_view), const std::shared_ptr<Failures>& failures) {
  return env.lines("/in/" + name)
      .name(name)
      .map([failures, parse](const Line& line) {
        failures->pass();
        return parse(line.text);
      })
      .name("parse " + name)
      .timestamps(&Record::time, bounded_out_of_orderness(Duration(side.out_of_orderness)))
      .name("timestamps of " + name);
}

/// The last millisecond of the period that a time lies in.
std::int64_t end_of_period(std::int64_t time, std::int64_t period);

}  // namespace weir::tests
