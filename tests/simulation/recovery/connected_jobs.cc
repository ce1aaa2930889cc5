#include <algorithm>

#include <fmt/format.h>
#include <weir/weir.h>

#include "weir/sim/random.h"

#include "recovery/connected_reference.h"
#include "recovery/event_files.h"
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
    const std::int64_t end = end_of_period(to_ms(context.timestamp()), period_);
    context.set_event_timer(timestamp_ms(end));
    return periods_->update(end);
  }

  std::int64_t period_;
  std::shared_ptr<Failures> failures_;
  MapState<std::string, std::int64_t, Period> periods_{"periods"};
  ValueState<std::string, std::int64_t> carried_{"carried"};
};

struct Shape {
  std::int64_t period = 10;
  bool rebalance = false;
  std::int64_t lower = 0;  ///< of the join: how far a debit may be from a credit
  std::int64_t upper = 0;
  EventSide left;
  EventSide right;
  RecoveryCase::Files files;
};

Credit credit_of(std::string_view line) {
  const PlainEvent event = event_of(line);
  return {timestamp_ms(event.time), event.key, event.value};
}

Debit debit_of(std::string_view line) {
  const PlainEvent event = event_of(line);
  return {event.value, timestamp_ms(event.time), event.key};
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

Stream<Entry> join(const Shape& shape, const Stream<Credit>& credits, const Stream<Debit>& debits,
                   const std::shared_ptr<Failures>& failures) {
  return credits.key_by(&Credit::account)
      .interval_join(debits.key_by(&Debit::account))
      .between(Duration(shape.lower), Duration(shape.upper))
      .process([failures](const Credit& credit, const Debit& debit, Out<Entry>& out) {
        failures->pass();
        out.emit({fmt::format("{}\t{}\t{}\t{}\t{}\t{}", credit.account, to_ms(credit.time), credit.value,
                              to_ms(debit.time), debit.value, to_ms(out.timestamp()))});
      })
      .name("join");
}

void build(Environment& env, const Shape& shape, const std::shared_ptr<Failures>& failures) {
  Stream<Credit> credits = read_events<Credit>(env, "credits", shape.left, credit_of, failures);
  const Stream<Debit> debits = read_events<Debit>(env, "debits", shape.right, debit_of, failures);
  write(tell_sides(credits, debits, failures), "/sides");
  if (shape.rebalance) credits = credits.rebalance();
  write(credits.key_by(&Credit::account)
            .connect(debits.key_by(&Debit::account))
            .process(Clearing(shape.period, failures))
            .name("clearing"),
        "/out");
  write(join(shape, credits, debits, failures), "/joined");
}

Shape draw_shape(std::uint64_t seed) {
  sim::Random random(seed * 2 + 1);
  Shape shape;
  shape.period = static_cast<std::int64_t>(random.between(3, 120));
  shape.rebalance = random.one_in(3);
  const std::uint64_t keys = random.one_in(4) ? 1 : random.between(2, 12);
  shape.lower = static_cast<std::int64_t>(random.between(0, 40)) - 20;
  shape.upper = shape.lower + static_cast<std::int64_t>(random.between(0, 12));
  shape.left = draw_side(random, "credits", keys, static_cast<std::int64_t>(random.between(1, 6)), shape.files);
  shape.right = draw_side(random, "debits", keys, static_cast<std::int64_t>(random.between(1, 6)), shape.files);
  return shape;
}

std::string judge(const Shape& shape, const RecoveryCase::Files& output) {
  const std::string sides =
      first_difference(lines_below(output, "/sides"), side_lines(shape.left.events, shape.right.events));
  if (!sides.empty()) return "sides: " + sides;
  const std::string clearing = first_difference(lines_below(output, "/out"),
                                                clearing_lines(shape.left.events, shape.right.events, shape.period));
  if (!clearing.empty()) return "clearing: " + clearing;
  const std::string joined = first_difference(
      lines_below(output, "/joined"), join_lines(shape.left.events, shape.right.events, shape.lower, shape.upper));
  return joined.empty() ? "" : "join: " + joined;
}

}  // namespace

RecoveryCase draw_connected_streams(std::uint64_t seed) {
  const auto shape = std::make_shared<const Shape>(draw_shape(seed));
  RecoveryCase of;
  of.seed = seed;
  of.kind = "connected streams";
  of.input = shape->files;
  of.outputs = {"/out", "/sides", "/joined"};
  of.job = [shape](Environment& env, const std::shared_ptr<Failures>& failures) { build(env, *shape, failures); };
  of.judge = [shape](const RecoveryCase::Files& output) { return judge(*shape, output); };
  return of;
}

}  // namespace weir::tests
