#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <weir/weir.h>

#include "weir/sim/random.h"

#include "recovery/connected_reference.h"
#include "recovery/recovery_case.h"

namespace weir::tests {

namespace {

struct Credit {
  Timestamp time;
  std::string account;
  std::int64_t value = 0;
};
WEIR_FIELDS(Credit, time, account, value);

/// Of another type than what it meets.
struct Debit {
  std::int64_t value = 0;
  Timestamp time;
  std::string account;
};
WEIR_FIELDS(Debit, value, time, account);

struct Entry {
  std::string text;
};
WEIR_FIELDS(Entry, text);

struct Period {
  std::vector<std::int64_t> credits;
  std::vector<std::int64_t> debits;
};
WEIR_FIELDS(Period, credits, debits);

std::string in_order(std::vector<std::int64_t> values) {
  std::sort(values.begin(), values.end());
  std::string text;
  for (const std::int64_t value : values) text += fmt::format("{};", value);
  return text;
}

/// Keeps what comes of both sides until the period it lies in is over, by the watermarks of both. What it tells does
/// not depend on the order in which records come, nor on when watermarks do.
class Clearing {
 public:
  Clearing(std::int64_t period, std::shared_ptr<Failures> failures) : period_(period), failures_(std::move(failures)) {}

  void open(ProcessOpening<std::string>& opening) {
    opening.keep(periods_);
    opening.keep(carried_);
  }

  void process_element1(const Credit& credit, ProcessContext<std::string>& context, Out<Entry>&) {
    period_at_hand(context).credits.push_back(credit.value);
  }
  void process_element2(const Debit& debit, ProcessContext<std::string>& context, Out<Entry>&) {
    period_at_hand(context).debits.push_back(debit.value);
  }

  void on_timer(Timestamp at, ProcessContext<std::string>& context, Out<Entry>& out) {
    failures_->pass();
    const std::int64_t end = to_ms(at);
    const Period* period = periods_->get(end);
    if (period == nullptr) return out.emit({fmt::format("wrong: {} has no period {}", context.key(), end)});
    std::int64_t& carried = carried_->update();
    for (const std::int64_t value : period->credits) carried += value;
    for (const std::int64_t value : period->debits) carried -= value;
    out.emit({fmt::format("{}\t{}\t{}\t{}\t{}", context.key(), end, in_order(period->credits), in_order(period->debits),
                          carried)});
    periods_->erase(end);
  }

 private:
  Period& period_at_hand(ProcessContext<std::string>& context) {
    failures_->pass();
    const std::int64_t time = to_ms(context.timestamp());
    const std::int64_t end = time - (time % period_ + period_) % period_ + period_ - 1;
    context.set_event_timer(timestamp_ms(end));
    return periods_->update(end);
  }

  std::int64_t period_;
  std::shared_ptr<Failures> failures_;
  MapState<std::string, std::int64_t, Period> periods_{"periods"};
  ValueState<std::string, std::int64_t> carried_{"carried"};
};

struct Side {
  std::int64_t out_of_orderness = 0;
  std::vector<PlainEvent> events;
};

struct Shape {
  std::int64_t period = 10;
  bool rebalance = false;
  Side left;
  Side right;
  RecoveryCase::Files files;
};

PlainEvent event_of(std::string_view line) {
  PlainEvent event;
  const std::size_t tab = line.find('\t');
  const std::size_t second = line.find('\t', tab + 1);
  std::from_chars(line.data(), line.data() + tab, event.time);
  std::from_chars(line.data() + second + 1, line.data() + line.size(), event.value);
  event.key = line.substr(tab + 1, second - tab - 1);
  return event;
}

Credit credit_of(std::string_view line) {
  const PlainEvent event = event_of(line);
  return {timestamp_ms(event.time), event.key, event.value};
}

Debit debit_of(std::string_view line) {
  const PlainEvent event = event_of(line);
  return {event.value, timestamp_ms(event.time), event.key};
}

template <class Record>
Stream<Record> read(Environment& env, const std::string& name, const Side& side, Record (*parse)(std::string_view),
                    const std::shared_ptr<Failures>& failures) {
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

void write(const Stream<Entry>& entries, const std::string& directory) {
  entries
      .write_files({.directory = directory, .max_bytes = 2000},
                   [](const Entry& entry, std::string& line) { line += entry.text; })
      .name("to " + directory);
}

/// What either side brings, told as it comes.
Stream<Entry> tell_sides(const Stream<Credit>& credits, const Stream<Debit>& debits,
                         const std::shared_ptr<Failures>& failures) {
  return credits.connect(debits)
      .flat_map(
          [failures](const Credit& credit, Out<Entry>& out) {
            failures->pass();
            out.emit({fmt::format("left\t{}\t{}\t{}", to_ms(credit.time), credit.account, credit.value)});
          },
          [](const Debit& debit, Out<Entry>& out) {
            out.emit({fmt::format("right\t{}\t{}\t{}", to_ms(debit.time), debit.account, debit.value)});
          })
      .name("sides");
}

void build(Environment& env, const Shape& shape, const std::shared_ptr<Failures>& failures) {
  Stream<Credit> credits = read<Credit>(env, "credits", shape.left, credit_of, failures);
  const Stream<Debit> debits = read<Debit>(env, "debits", shape.right, debit_of, failures);
  write(tell_sides(credits, debits, failures), "/sides");
  if (shape.rebalance) credits = credits.rebalance();
  write(credits.key_by(&Credit::account)
            .connect(debits.key_by(&Debit::account))
            .process(Clearing(shape.period, failures))
            .name("clearing"),
        "/out");
}

void draw_side(sim::Random& random, const std::string& name, std::uint64_t keys, std::int64_t pace, Side& side,
               RecoveryCase::Files& files) {
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
}

Shape draw_shape(std::uint64_t seed) {
  sim::Random random(seed * 2 + 1);
  Shape shape;
  shape.period = static_cast<std::int64_t>(random.between(3, 120));
  shape.rebalance = random.one_in(3);
  const std::uint64_t keys = random.one_in(4) ? 1 : random.between(2, 12);
  draw_side(random, "credits", keys, static_cast<std::int64_t>(random.between(1, 6)), shape.left, shape.files);
  draw_side(random, "debits", keys, static_cast<std::int64_t>(random.between(1, 6)), shape.right, shape.files);
  return shape;
}

std::string judge(const Shape& shape, const RecoveryCase::Files& output) {
  const std::string sides =
      first_difference(lines_below(output, "/sides"), side_lines(shape.left.events, shape.right.events));
  if (!sides.empty()) return "sides: " + sides;
  const std::string clearing = first_difference(lines_below(output, "/out"),
                                                clearing_lines(shape.left.events, shape.right.events, shape.period));
  return clearing.empty() ? "" : "clearing: " + clearing;
}

}  // namespace

RecoveryCase draw_connected_streams(std::uint64_t seed) {
  const auto shape = std::make_shared<const Shape>(draw_shape(seed));
  RecoveryCase of;
  of.seed = seed;
  of.kind = "connected streams";
  of.input = shape->files;
  of.outputs = {"/out", "/sides"};
  of.job = [shape](Environment& env, const std::shared_ptr<Failures>& failures) { build(env, *shape, failures); };
  of.judge = [shape](const RecoveryCase::Files& output) { return judge(*shape, output); };
  return of;
}

}  // namespace weir::tests
