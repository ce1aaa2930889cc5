// A job with state of every kind there is, whose output depends on its input alone.
//
// Lines are "ms<TAB>key<TAB>number".

#include <charconv>
#include <map>

#include <fmt/format.h>
#include <weir/weir.h>

namespace {

using namespace std::chrono_literals;

struct Amount {
  weir::Timestamp time;
  std::string key;
  std::int64_t number = 0;
};
WEIR_FIELDS(Amount, time, key, number);

struct Told {
  std::string text;
};
WEIR_FIELDS(Told, text);

struct Total {
  std::int64_t sum = 0;
  std::optional<weir::Timestamp> last;
};
WEIR_FIELDS(Total, sum, last);

struct Limit {
  std::string name;
  std::int64_t number = 0;
};
WEIR_FIELDS(Limit, name, number);

struct Count {
  std::int64_t kind = 0;
  std::int64_t records = 0;
};
WEIR_FIELDS(Count, kind, records);

using Key = std::string;
using ToldOut = weir::Out<Told>;

constexpr weir::Duration kPeriod = 10s;
constexpr std::int64_t kEnd = 100'000'000;
/// In the year 2100: such a timer is state as any other, and is dropped with the end of the input.
constexpr std::int64_t kNextCentury = 4'102'444'800'000;

std::int64_t end_of_period(weir::Timestamp time) { return weir::to_ms(weir::align_down(time, kPeriod) + kPeriod) - 1; }

/// Values, lists and maps, such that expire too, and timers of both kinds. Tells of each period of a key, and of each
/// key at the end.
struct Keep {
  weir::ValueState<Key, Total> total{"total"};
  weir::ListState<Key, std::int64_t> round{"round"};
  weir::MapState<Key, std::int64_t, std::int64_t> by_kind{"by kind"};
  weir::ExpiringValueState<Key, std::int64_t> in_a_row{"in a row", in_event_time(2 * kPeriod)};
  weir::ExpiringListState<Key, std::int64_t> recent{"recent", in_event_time(3 * kPeriod)};
  weir::ExpiringMapState<Key, std::int64_t, bool> periods{"periods", in_event_time(5 * kPeriod)};

  static weir::StateTtl in_event_time(weir::Duration ttl) {
    return {.ttl = ttl, .domain = weir::TimeDomain::kEventTime};
  }

  void open(weir::ProcessOpening<Key>& opening) {
    opening.keep(total);
    opening.keep(round);
    opening.keep(by_kind);
    opening.keep(in_a_row);
    opening.keep(recent);
    opening.keep(periods);
  }

  void process_element(const Amount& amount, weir::ProcessContext<Key>& context, ToldOut&) {
    Total& now = total->update();
    now.sum += amount.number;
    now.last = std::max(now.last.value_or(amount.time), amount.time);
    if (amount.number % 10 == 0) round->add(amount.number);
    by_kind->update(amount.number % 5) += amount.number;
    context.set_event_timer(weir::timestamp_ms(end_of_period(amount.time)));
    context.set_event_timer(weir::timestamp_ms(kEnd));
    context.set_processing_timer(weir::timestamp_ms(kNextCentury));
  }

  void on_timer(weir::Timestamp at, weir::ProcessContext<Key>& context, ToldOut& out) {
    if (context.domain() == weir::TimeDomain::kProcessingTime) return;
    const std::int64_t time = weir::to_ms(at);
    if (time == kEnd) return tell_all(context, out);
    recent->add(time);
    std::int64_t first = time;
    recent->for_each([&first](std::int64_t each) { first = std::min(first, each); });
    periods->set(time, true);
    out.emit({fmt::format("{} at {}: {} in a row, {} since {}, {} periods", context.key(), time, ++in_a_row->update(),
                          recent->size(), first, periods->size())});
  }

  void tell_all(weir::ProcessContext<Key>& context, ToldOut& out) {
    const Total& now = *total->get();
    std::string text = fmt::format("{}: sum {} last {}", context.key(), now.sum, weir::to_ms(*now.last));
    std::int64_t sum = 0;
    round->for_each([&sum](std::int64_t each) { sum += each; });
    text += fmt::format(" round {}={}", round->size(), sum);
    by_kind->for_each([&text](std::int64_t kind, std::int64_t of) { text += fmt::format(" {}={}", kind, of); });
    out.emit({std::move(text)});
  }
};

/// Lists of subtasks: one is shared out, one is given to all.
struct Lists {
  weir::OperatorListState<std::int64_t> waiting{"waiting"};
  weir::UnionListState<Count> saved{"saved"};
  std::map<std::int64_t, std::int64_t> counts;
  std::uint32_t subtask = 0;
  std::uint32_t parallelism = 1;

  void open(weir::FunctionOpening& opening) {
    opening.keep(waiting);
    opening.keep(saved);
    subtask = opening.subtask();
    parallelism = opening.parallelism();
  }
  void restored() {
    for (const Count& count : saved.get())
      if (static_cast<std::uint64_t>(count.kind) % parallelism == subtask) counts[count.kind] += count.records;
  }
  void process_element(const Amount& amount, weir::FunctionContext&, ToldOut& out) {
    ++counts[amount.number % 7];
    if (amount.number != 99) return;
    waiting.add(weir::to_ms(amount.time));
    if (waiting.size() == 100) let_go(out);
  }
  void snapshot_state() {
    saved.clear();
    for (const auto& [kind, records] : counts) saved.add({kind, records});
  }
  void close(ToldOut& out) {
    let_go(out);
    for (const auto& [kind, records] : counts) out.emit({fmt::format("kind {}: {}", kind, records)});
  }

  void let_go(ToldOut& out) {
    for (const std::int64_t ms : waiting.get()) out.emit({fmt::format("99 at {}", ms)});
    waiting.clear();
  }
};

const weir::MapStateDescriptor<std::string, std::int64_t> kLimits("limits");

/// Broadcast state, and windows' state beside it.
struct Check {
  weir::ValueState<Key, std::int64_t> most{"most"};

  void open(weir::ProcessOpening<Key>& opening) { opening.keep(most); }
  void process_element(const Amount& amount, weir::KeyedReadOnlyContext<Key>& context, ToldOut&) {
    most->update() = std::max(most->update(), amount.number);
    context.set_event_timer(weir::timestamp_ms(kEnd));
  }
  void process_broadcast_element(const Limit& limit, weir::BroadcastContext& context, ToldOut&) {
    context.broadcast_state(kLimits).set(limit.name, limit.number);
  }
  void on_timer(weir::Timestamp, weir::KeyedReadOnlyContext<Key>& context, ToldOut& out) {
    std::string text;
    context.broadcast_state(kLimits).for_each([&](const std::string& name, std::int64_t number) {
      text += fmt::format(" {} {}", *most->get() >= number ? "reaches" : "does not reach", name);
    });
    out.emit({fmt::format("{}{}", context.key(), text)});
  }
};

weir::Parsed<Amount> parse(std::string_view text) {
  const std::size_t first = text.find('\t');
  const std::size_t second = text.rfind('\t');
  if (first == second) return weir::Malformed{"expected ms<TAB>key<TAB>number"};
  std::int64_t ms = 0;
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + first, ms);
  std::from_chars(text.data() + second + 1, text.data() + text.size(), number);
  return Amount{weir::timestamp_ms(ms), std::string(text.substr(first + 1, second - first - 1)), number};
}

void job(weir::Environment& env) {
  auto& args = env.args();
  const auto input = args.required<std::string>("input");
  const auto output = args.required<std::string>("output");
  const auto amounts =
      env.lines(input).name("lines").parse(parse).timestamps(&Amount::time, weir::bounded_out_of_orderness(2s));
  const auto limits = env.from_values<Limit>({{"low", 10}, {"high", 1000}}).name("limits");
  const auto windows =
      amounts.key_by(&Amount::key)
          .window(weir::TumblingEventTime{kPeriod})
          .count([](const std::string& key, const weir::Window& window, std::int64_t count, ToldOut& out) {
            out.emit({fmt::format("{} in window to {}: {}", key, weir::to_ms(window.end), count)});
          })
          .name("windows");
  const auto sessions =
      amounts.key_by(&Amount::key)
          .window(weir::SessionWindows::with_gap(1001ms))
          .count([](const std::string& key, const weir::Window& window, std::int64_t count, ToldOut& out) {
            out.emit({fmt::format("{} in session to {}: {}", key, weir::to_ms(window.end), count)});
          })
          .name("sessions");
  const auto checked = amounts.key_by(&Amount::key).connect(limits.broadcast(kLimits)).process(Check{}).name("check");
  amounts.key_by(&Amount::key)
      .process(Keep{})
      .name("keep")
      .union_with(amounts.process(Lists{}).name("lists"))
      .union_with(windows)
      .union_with(sessions)
      .union_with(checked)
      .write_files({.directory = output}, [](const Told& each, std::string& line) { line += each.text; })
      .name("told");
}

}  // namespace

int main(int argc, char** argv) { return weir::run(argc, argv, "EveryKind", job); }
