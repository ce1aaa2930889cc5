#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <weir/weir.h>

#include "weir/sim/random.h"

#include "recovery/connected_reference.h"
#include "recovery/event_files.h"
#include "recovery/recovery_case.h"

namespace weir::tests {

namespace {

struct Purchase {
  Timestamp time;
  std::string shop;
  std::int64_t price = 0;
};
WEIR_FIELDS(Purchase, time, shop, price);

/// From `time` on, what a shop takes off each price.
struct Discount {
  std::string shop;
  Timestamp time;
  std::int64_t amount = 0;
};
WEIR_FIELDS(Discount, shop, time, amount);

struct Entry {
  std::string text;
};
WEIR_FIELDS(Entry, text);

/// Shop and since when. Of two discounts for one moment the higher counts, whichever came first.
const MapStateDescriptor<std::pair<std::string, std::int64_t>, std::int64_t> kDiscounts("discounts");

/// Keeps purchases until their period is over, by the watermarks of both streams, and takes off the discount that held
/// at its end. What it tells does not depend on the order in which records come, nor on when watermarks do.
class Discounting {
 public:
  Discounting(std::int64_t period, std::shared_ptr<Failures> failures)
      : period_(period), failures_(std::move(failures)) {}

  void open(ProcessOpening<std::string>& opening) { opening.keep(prices_); }

  void process_element(const Purchase& purchase, KeyedReadOnlyContext<std::string>& context, Out<Entry>&) {
    failures_->pass();
    const std::int64_t end = end_of_period(to_ms(context.timestamp()), period_);
    context.set_event_timer(timestamp_ms(end));
    prices_->update(end).push_back(purchase.price);
  }

  void process_broadcast_element(const Discount& discount, BroadcastContext& context, Out<Entry>&) {
    failures_->pass();
    auto& discounts = context.broadcast_state(kDiscounts);
    const std::pair since(discount.shop, to_ms(discount.time));
    const std::int64_t* known = discounts.get(since);
    if (known == nullptr || *known < discount.amount) discounts.set(since, discount.amount);
  }

  void on_timer(Timestamp at, KeyedReadOnlyContext<std::string>& context, Out<Entry>& out) {
    failures_->pass();
    const std::int64_t end = to_ms(at);
    std::int64_t discount = 0;
    context.broadcast_state(kDiscounts).for_each([&](const auto& since, std::int64_t amount) {
      if (since.first == context.key() && since.second <= end) discount = amount;
    });
    std::vector<std::int64_t> prices = *prices_->get(end);
    std::sort(prices.begin(), prices.end());
    std::string text;
    for (const std::int64_t price : prices) text += fmt::format("{};", price - discount);
    out.emit({fmt::format("{}\t{}\t{}", context.key(), end, text)});
    prices_->erase(end);
  }

 private:
  std::int64_t period_;
  std::shared_ptr<Failures> failures_;
  MapState<std::string, std::int64_t, std::vector<std::int64_t>> prices_{"prices"};
};

struct Shape {
  std::int64_t period = 10;
  EventSide purchases;
  EventSide discounts;
  RecoveryCase::Files files;
};

Purchase purchase_of(std::string_view line) {
  const PlainEvent event = event_of(line);
  return {timestamp_ms(event.time), event.key, event.value};
}

Discount discount_of(std::string_view line) {
  const PlainEvent event = event_of(line);
  return {event.key, timestamp_ms(event.time), event.value};
}

void build(Environment& env, const Shape& shape, const std::shared_ptr<Failures>& failures) {
  const auto purchases = read_events<Purchase>(env, "purchases", shape.purchases, purchase_of, failures);
  const auto discounts = read_events<Discount>(env, "discounts", shape.discounts, discount_of, failures);
  purchases.key_by(&Purchase::shop)
      .connect(discounts.broadcast(kDiscounts))
      .process(Discounting(shape.period, failures))
      .name("discounting")
      .write_files({.directory = "/out", .max_bytes = 2000},
                   [](const Entry& entry, std::string& line) { line += entry.text; })
      .name("to /out");
}

Shape draw_shape(std::uint64_t seed) {
  sim::Random random(seed * 2 + 1);
  Shape shape;
  shape.period = static_cast<std::int64_t>(random.between(3, 120));
  const std::uint64_t keys = random.one_in(4) ? 1 : random.between(2, 12);
  shape.purchases = draw_side(random, "purchases", keys, static_cast<std::int64_t>(random.between(1, 6)), shape.files);
  shape.discounts = draw_side(random, "discounts", keys, static_cast<std::int64_t>(random.between(1, 20)), shape.files);
  return shape;
}

}  // namespace

RecoveryCase draw_broadcast_state(std::uint64_t seed) {
  const auto shape = std::make_shared<const Shape>(draw_shape(seed));
  RecoveryCase of;
  of.seed = seed;
  of.kind = "broadcast state";
  of.input = shape->files;
  of.outputs = {"/out"};
  of.job = [shape](Environment& env, const std::shared_ptr<Failures>& failures) { build(env, *shape, failures); };
  of.judge = [shape](const RecoveryCase::Files& output) {
    return first_difference(lines_below(output, "/out"),
                            discount_lines(shape->purchases.events, shape->discounts.events, shape->period));
  };
  return of;
}

}  // namespace weir::tests
