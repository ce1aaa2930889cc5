#include "recovery/event_files.h"

#include <charconv>

#include <fmt/format.h>

namespace weir::tests {

EventSide draw_side(sim::Random& random, const std::string& name, std::uint64_t keys, std::int64_t pace,
                    RecoveryCase::Files& files) {
  EventSide side;
  side.out_of_orderness = static_cast<std::int64_t>(random.one_in(3) ? 0 : random.between(1, 40));
  const std::uint64_t into = random.between(1, 3);
  for (std::uint64_t i = 0; i < into; ++i) files[fmt::format("/in/{}/{}", name, i)];
  const std::uint64_t events = random.one_in(8) ? 0 : random.between(20, 250);
  for (std::uint64_t i = 0; i < events; ++i) {
    // Time goes on, and back by no more than the bound.
    const auto back = static_cast<std::int64_t>(random.between(0, static_cast<std::uint64_t>(side.out_of_orderness)));
    const PlainEvent event{pace * static_cast<std::int64_t>(i) - back, fmt::format("k{}", random.below(keys)),
                           static_cast<std::int64_t>(random.below(26)) - 5};
    files[fmt::format("/in/{}/{}", name, random.below(into))] +=
        fmt::format("{}\t{}\t{}\n", event.time, event.key, event.value);
    side.events.push_back(event);
  }
  return side;
}

PlainEvent event_of(std::string_view line) {
  PlainEvent event;
  const std::size_t tab = line.find('\t');
  const std::size_t second = line.find('\t', tab + 1);
  std::from_chars(line.data(), line.data() + tab, event.time);
  std::from_chars(line.data() + second + 1, line.data() + line.size(), event.value);
  event.key = line.substr(tab + 1, second - tab - 1);
  return event;
}

std::int64_t end_of_period(std::int64_t time, std::int64_t period) {
  return time - (time % period + period) % period + period - 1;
}

}  // namespace weir::tests
