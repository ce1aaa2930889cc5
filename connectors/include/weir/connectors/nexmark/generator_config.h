#pragma once

#include <cstdint>

#include "weir/core/time.h"

namespace weir::nexmark {

/// How far a source's watermark stays behind the newest event, as the queries expect it.
inline constexpr Duration kWatermarkDelay{4'000};

/// Which events are generated, and when they happen.
///
/// Two generators with equal configurations make equal events, on every machine and in every order.
struct GeneratorConfig {
  std::uint64_t seed = 0;

  /// The time at which event number 0 would happen; the first event has number 1.
  Timestamp base_time{};

  /// Events per second of event time, all generators together.
  std::int64_t rate = 10'000;

  /// How many generators share the events. Each has a range of ids of its own, and all have the same time line.
  std::uint32_t generators = 1;

  /// Events of all generators together; 0: as many as there are ids (kMostEvents).
  std::int64_t max_events = 0;

  /// Within groups of so many consecutive events the order is shuffled; 1: events come in the order of their time.
  std::int64_t out_of_order_group = 1;

  /// The first event of the first generator has the id after this one.
  std::int64_t first_id = 1;

  friend bool operator==(const GeneratorConfig&, const GeneratorConfig&) = default;
};

/// The most events a configuration can ask for: ids, and what is computed from them, stay far from overflow.
inline constexpr std::int64_t kMostEvents = 368'934'881'474'191;

/// Groups are shuffled by multiplying with this prime, which loses no event unless it divides the size of the group.
inline constexpr std::int64_t kGroupShuffle = 953;

/// Errors: UsageError naming the first field that can't be, and what it may be.
void check(const GeneratorConfig& config);

}  // namespace weir::nexmark
