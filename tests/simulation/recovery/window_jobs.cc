#include <algorithm>
#include <charconv>
#include <memory>

#include <fmt/format.h>
#include <weir/weir.h>

#include "weir/sim/random.h"

#include "recovery/recovery_case.h"
#include "recovery/window_reference.h"

namespace weir::tests {

namespace {

struct Ping {
  Timestamp time;
  std::string key;
  std::int64_t id = 0;
};
WEIR_FIELDS(Ping, time, key, id);

struct Told {
  std::string text;
};
WEIR_FIELDS(Told, text);

enum class Kind : std::uint8_t {
  kSessions,
  kDynamicSessions,
  kProcessingTimeSessions,
  kCountWindows,
  kSlidingCountWindows,
  kContinuous,
  kContinuousProcessingTime,
  kOwnTrigger,
  kJoin,
  kSessionJoin,
};

constexpr std::uint64_t kKinds = 10;

struct Shape {
  Kind kind = Kind::kSessions;
  std::int64_t size = 1;   ///< a gap or size in ms, or a number of events
  std::int64_t slide = 0;  ///< of sliding count windows
  std::int64_t interval = 1;
  std::int64_t out_of_orderness = 0;
  bool rebalance = false;
  std::vector<NumberedEvent> events;
  RecoveryCase::Files files;
};

/// From 1 to 40 ms, whatever the event.
std::int64_t gap_of(std::int64_t id) { return id * 7919 % 40 + 1; }

/// Fires and purges so many ms of event time after the first element since it last did, and at the window's end.
class AfterFirst {
 public:
  struct State {
    std::int64_t pending = 0;
    friend constexpr auto weir_fields(FieldsOf<State>) {
      return detail::make_fields<&State::pending>("State", "pending");
    }
  };

  AfterFirst(Duration delay, std::shared_ptr<Failures> failures) : delay_(delay), failures_(std::move(failures)) {}

  TriggerResult on_element(const Ping& ping, Timestamp, const Window& window, TriggerContext<State>& context) {
    failures_->pass();
    context.set_event_timer(window.max_timestamp());
    if (context.state().pending++ == 0) context.set_event_timer(std::min(ping.time + delay_, window.max_timestamp()));
    return TriggerResult::kContinue;
  }
  TriggerResult on_event_time(Timestamp, const Window&, TriggerContext<State>& context) {
    failures_->pass();
    context.state().pending = 0;
    return TriggerResult::kFireAndPurge;
  }

 private:
  Duration delay_;
  std::shared_ptr<Failures> failures_;
};

Ping ping_of(std::string_view line) {
  Ping ping;
  std::int64_t ms = 0;
  const std::size_t tab = line.find('\t');
  const std::size_t second = line.find('\t', tab + 1);
  std::from_chars(line.data(), line.data() + tab, ms);
  std::from_chars(line.data() + second + 1, line.data() + line.size(), ping.id);
  ping.time = timestamp_ms(ms);
  ping.key = line.substr(tab + 1, second - tab - 1);
  return ping;
}

template <class Windowed>
Stream<Told> told(const Windowed& windows) {
  return windows
      .process([](const std::string& key, const Window& window, const std::vector<Ping>& pings, Out<Told>& out) {
        FiredWindow fired{to_ms(window.start), to_ms(window.end), key, {}};
        for (const Ping& ping : pings) fired.ids.push_back(ping.id);
        std::sort(fired.ids.begin(), fired.ids.end());
        out.emit({line_of(fired)});
      })
      .name("windows");
}

/// Pings with even numbers joined with those with odd ones.
template <class Windows>
Stream<Told> joined(const Stream<Ping>& pings, const Windows& windows) {
  const auto even = pings.filter([](const Ping& ping) { return ping.id % 2 == 0; });
  const auto odd = pings.filter([](const Ping& ping) { return ping.id % 2 != 0; });
  return even.join(odd)
      .where(&Ping::key)
      .equal_to([](const Ping& ping) { return ping.key; })
      .window(windows)
      .apply([](const Ping& left, const Ping& right) {
        return Told{fmt::format("{} {} {}", left.key, left.id, right.id)};
      })
      .name("windows");
}

Stream<Told> windows_of(const Shape& shape, const Stream<Ping>& pings, const std::shared_ptr<Failures>& failures) {
  const auto keyed = pings.key_by(&Ping::key);
  const Duration size(shape.size);
  const Duration interval(shape.interval);
  switch (shape.kind) {
    case Kind::kDynamicSessions:
      return told(
          keyed.window(SessionWindows::with_dynamic_gap([](const Ping& ping) { return Duration(gap_of(ping.id)); })));
    case Kind::kProcessingTimeSessions:
      return told(keyed.window(ProcessingTimeSessionWindows::with_gap(size)));
    case Kind::kCountWindows:
      return told(keyed.count_window(shape.size));
    case Kind::kSlidingCountWindows:
      return told(keyed.count_window(shape.size, shape.slide));
    case Kind::kContinuous:
      return told(
          keyed.window(TumblingEventTime{size}).trigger(PurgingTrigger::of(ContinuousEventTimeTrigger::of(interval))));
    case Kind::kContinuousProcessingTime:
      return told(keyed.window(GlobalWindows::create())
                      .trigger(PurgingTrigger::of(ContinuousProcessingTimeTrigger::of(interval))));
    case Kind::kOwnTrigger:
      return told(keyed.window(TumblingEventTime{size}).trigger(AfterFirst(interval, failures)));
    case Kind::kJoin:
      return joined(pings, TumblingEventTime{size});
    case Kind::kSessionJoin:
      return joined(pings, SessionWindows::with_gap(size));
    case Kind::kSessions:
      break;
  }
  return told(keyed.window(SessionWindows::with_gap(size)));
}

void build(Environment& env, const Shape& shape, const std::shared_ptr<Failures>& failures) {
  Stream<Ping> pings = env.lines("/in")
                           .name("pings")
                           .map([failures](const Line& line) {
                             failures->pass();
                             return ping_of(line.text);
                           })
                           .name("parse")
                           .timestamps(&Ping::time, bounded_out_of_orderness(Duration(shape.out_of_orderness)))
                           .name("timestamps");
  if (shape.rebalance) pings = pings.rebalance();
  windows_of(shape, pings, failures)
      .write_files({.directory = "/out", .max_bytes = 2000},
                   [](const Told& line, std::string& text) { text += line.text; })
      .name("told");
}

Shape draw_shape(std::uint64_t seed) {
  sim::Random random(seed * 2 + 1);
  Shape shape;
  shape.kind = static_cast<Kind>(random.below(kKinds));
  const bool counts = shape.kind == Kind::kCountWindows || shape.kind == Kind::kSlidingCountWindows;
  shape.size = static_cast<std::int64_t>(counts ? random.between(1, 6) : random.between(1, 80));
  shape.slide = static_cast<std::int64_t>(random.between(1, 6));
  shape.interval = static_cast<std::int64_t>(random.between(1, 40));
  shape.out_of_orderness = static_cast<std::int64_t>(random.one_in(3) ? 0 : random.between(1, 40));
  shape.rebalance = random.one_in(3);
  const std::uint64_t keys = random.one_in(4) ? 1 : random.between(2, 12);
  const std::uint64_t files = random.between(1, 4);
  for (std::uint64_t i = 0; i < files; ++i) shape.files[fmt::format("/in/{}", i)];
  const std::uint64_t events = random.between(50, 400);
  std::int64_t now = 0;
  for (std::uint64_t i = 0; i < events; ++i) {
    // Time goes on, with pauses, and back by no more than the bound.
    now += static_cast<std::int64_t>(random.one_in(20) ? random.between(50, 200) : random.between(0, 6));
    const std::int64_t back = static_cast<std::int64_t>(random.between(0, shape.out_of_orderness));
    const NumberedEvent event{now - back, fmt::format("k{}", random.below(keys)), static_cast<std::int64_t>(i)};
    shape.files[fmt::format("/in/{}", random.below(files))] +=
        fmt::format("{}\t{}\t{}\n", event.time, event.key, event.id);
    shape.events.push_back(event);
  }
  return shape;
}

std::string judge(const Shape& shape, const RecoveryCase::Files& output) {
  const std::multiset<std::string> lines = lines_below(output, "/out");
  switch (shape.kind) {
    case Kind::kSessions:
      return first_difference(lines, lines_of(sessions(shape.events, [&](const auto&) { return shape.size; })));
    case Kind::kDynamicSessions:
      return first_difference(lines,
                              lines_of(sessions(shape.events, [](const auto& event) { return gap_of(event.id); })));
    case Kind::kCountWindows:
      return judge_count_windows(shape.events, lines, shape.size, 0);
    case Kind::kSlidingCountWindows:
      return judge_count_windows(shape.events, lines, shape.size, shape.slide);
    case Kind::kProcessingTimeSessions:
      if (std::string wrong = judge_apart(lines); !wrong.empty()) return wrong;
      break;
    case Kind::kJoin:
      return first_difference(lines, joined_lines(tumbling_windows(shape.events, shape.size)));
    case Kind::kSessionJoin:
      return first_difference(lines, joined_lines(sessions(shape.events, [&](const auto&) { return shape.size; })));
    case Kind::kContinuous:
    case Kind::kContinuousProcessingTime:
    case Kind::kOwnTrigger:
      break;
  }
  return judge_exactly_once(shape.events, lines);
}

}  // namespace

RecoveryCase draw_windows(std::uint64_t seed) {
  const auto shape = std::make_shared<const Shape>(draw_shape(seed));
  RecoveryCase of;
  of.seed = seed;
  of.kind = "windows";
  of.input = shape->files;
  of.outputs = {"/out"};
  of.drain = true;
  of.job = [shape](Environment& env, const std::shared_ptr<Failures>& failures) { build(env, *shape, failures); };
  of.judge = [shape](const RecoveryCase::Files& output) { return judge(*shape, output); };
  return of;
}

}  // namespace weir::tests
