#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

struct Order {
  std::int64_t time = 0;
  std::int64_t id = 0;
  std::string item;

  Timestamp timestamp() const { return timestamp_ms(time); }
};
WEIR_FIELDS(Order, time, id, item);

struct Payment {
  std::int64_t time = 0;
  std::string order;
  double amount = 0;

  Timestamp timestamp() const { return timestamp_ms(time); }
};
WEIR_FIELDS(Payment, time, order, amount);

using Lines = std::vector<std::string>;

const std::vector<Order> kOrders = {{1, 7, "pen"}, {2, 8, "ink"}, {9, 7, "cap"}, {12, 7, "nib"}};
const std::vector<Payment> kPayments = {{3, "7", 1.5}, {8, "7", 2}, {11, "8", 3}, {14, "9", 4}};

/// The two streams by order, ready for windows.
template <class Grouped>
auto by_order(const Grouped& streams) {
  return streams.where([](const Order& order) { return std::to_string(order.id); }).equal_to(&Payment::order);
}

Stream<Order> orders(Environment& env) {
  return env.from_values(kOrders).timestamps(&Order::timestamp, monotone_timestamps());
}
Stream<Payment> payments(Environment& env) {
  return env.from_values(kPayments).timestamps(&Payment::timestamp, monotone_timestamps());
}

template <class Build>
Lines run(const Build& build) {
  const auto lines = std::make_shared<connectors::Collected<std::string>>();
  const auto job = [&](Environment& env) { build(env).collect(lines); };
  SimOptions options;
  options.parallelism = 3;
  options.batch_size = 2;
  const runtime::JobResult ended = run_in_simulation(7, job, options);
  EXPECT_EQ(ended.state, runtime::JobResult::State::kFinished) << ended.message;
  Lines all = lines->snapshot();
  std::sort(all.begin(), all.end());
  return all;
}

std::string pair_of(const Order& order, const Payment& payment) {
  return fmt::format("{} {} {}", order.id, order.item, payment.amount);
}

TEST(WindowJoin, PairsRecordsOfTwoTypesThatHaveAKeyAndAWindowInCommon) {
  EXPECT_EQ(run([](Environment& env) {
              return by_order(orders(env).join(payments(env))).window(TumblingEventTime{10ms}).apply(pair_of);
            }),
            (Lines{"7 cap 1.5", "7 cap 2", "7 pen 1.5", "7 pen 2"}));
}

TEST(WindowJoin, TakesSessionsAndAFunctionThatEmitsAsItLikes) {
  EXPECT_EQ(run([](Environment& env) {
              return by_order(orders(env).join(payments(env)))
                  .window(SessionWindows::with_gap(4ms))
                  .apply([](const Order& order, const Payment& payment, Out<std::string>& out) {
                    if (order.item != "cap")
                      out.emit(pair_of(order, payment) + " until " + std::to_string(to_ms(out.timestamp())));
                  });
            }),
            (Lines{"7 nib 2 until 15", "7 pen 1.5 until 6"}));
}

TEST(WindowJoin, TakesTriggersAndEvictors) {
  EXPECT_EQ(run([](Environment& env) {
              return by_order(orders(env).join(payments(env)))
                  .window(GlobalWindows::create())
                  .trigger(EventTimeTrigger())
                  .evictor(TimeEvictor::of(5ms))
                  .apply(pair_of);
            }),
            (Lines{"7 cap 2", "7 nib 2"}));
}

TEST(CoGroup, GivesTheRecordsOfBothSidesAlsoWhereOneHasNone) {
  EXPECT_EQ(
      run([](Environment& env) {
        return by_order(orders(env).co_group(payments(env)))
            .window(TumblingEventTime{10ms})
            .apply([](const std::vector<Order>& left, const std::vector<Payment>& right, Out<std::string>& out) {
              out.emit(fmt::format("{}: {} orders, {} payments", to_ms(out.timestamp()), left.size(), right.size()));
            });
      }),
      (Lines{"19: 0 orders, 1 payments", "19: 0 orders, 1 payments", "19: 1 orders, 0 payments",
             "9: 1 orders, 0 payments", "9: 2 orders, 2 payments"}));
}

/// Promises all that was seen at every record.
class AtOnce final : public WatermarkGenerator<Order> {
 public:
  std::optional<Watermark> on_record(const Order&, Timestamp timestamp) override { return Watermark(timestamp); }
};

TEST(CoGroup, GivesLateRecordsOfEitherSide) {
  EXPECT_EQ(run([](Environment& env) {
              // So slowly that every watermark has come before the next record.
              const auto all = env.generate({.count = 4, .records_per_second = 10},
                                            [](std::uint64_t i) {
                                              return std::vector<Order>{
                                                  {100, 1, "a"}, {1, 1, "late"}, {2, 2, "late, too"}, {105, 2, "b"}}[i];
                                            })
                                   .timestamps(&Order::timestamp, [] { return std::make_unique<AtOnce>(); })
                                   .parallelism(1);
              const auto of = [&](std::int64_t id) {
                return all.filter([id](const Order& order) { return order.id == id; }).parallelism(1);
              };
              return of(1)
                  .co_group(of(2))
                  .where(&Order::item)
                  .equal_to(&Order::item)
                  .window(TumblingEventTime{10ms})
                  .apply([](const std::vector<Order>&, const std::vector<Order>&, Out<Order>&) {})
                  .late()
                  .map([](const EitherRecord<Order, Order>& record) {
                    const Order& order = record.index() == 0 ? std::get<0>(record) : std::get<1>(record);
                    return fmt::format("{} of {}", order.item, record.index());
                  });
            }),
            (Lines{"late of 0", "late, too of 1"}));
}

}  // namespace
}  // namespace weir::tests
