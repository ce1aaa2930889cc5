#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "weir/connectors/nexmark/bid_source.h"
#include "weir/connectors/nexmark/events.h"
#include "weir/connectors/nexmark/generator.h"
#include "weir/weir.h"

#include "allocations/counting_new.h"
#include "kit/sim_job.h"

namespace weir::tests {
namespace {

/// Bids of a NEXMark generator, counted per auction in tumbling windows.
void count_bids(Environment& env, std::uint32_t splits, std::int64_t events) {
  nexmark::GeneratorConfig config;
  config.base_time = timestamp_ms(0);
  config.rate = 20'000;
  config.max_events = events;
  env.from_source<nexmark::BidNumbers>(connectors::nexmark_bids(config, splits), "Bids")
      .watermarks(bounded_out_of_orderness(Duration{4000}))
      .key_by(&nexmark::BidNumbers::auction)
      .window(TumblingEventTime{Duration{10'000}})
      .count([](std::int64_t, const Window&, std::int64_t count, Out<std::int64_t>& out) { out.emit(count); })
      .filter([](std::int64_t count) { return count > 1'000'000; })
      .print();
}

class Allocations : public testing::TestWithParam<bool> {};

TEST_P(Allocations, AreAtMostOneForEveryHundredNumericRecords) {
  constexpr std::int64_t kEvents = 1'000'000;
  // The first generator of a program fills a table of names.
  const nexmark::Generator generator(nexmark::GeneratorConfig{}, 0);
  for (const std::uint32_t parallelism : {1U, 2U}) {
    SimOptions options;
    options.parallelism = parallelism;
    options.pre_aggregate = GetParam();
    sim::World world(7);
    const std::uint64_t before = allocations();
    SimJob job(world, [&](Environment& env) { count_bids(env, parallelism, kEvents); }, options);
    ASSERT_EQ(job.run().state, runtime::JobResult::State::kFinished);
    const double per_record = static_cast<double>(allocations() - before) / (kEvents / 50 * 46);
    RecordProperty("allocations_per_record", std::to_string(per_record));
    EXPECT_LE(per_record, 0.01) << "parallelism " << parallelism;
    EXPECT_EQ(job.job().progress().records_in, static_cast<std::uint64_t>(kEvents / 50 * 46));
  }
}

INSTANTIATE_TEST_SUITE_P(BeforeTheExchange, Allocations, testing::Bool(),
                         [](const auto& of) { return of.param ? "Combined" : "Raw"; });

}  // namespace
}  // namespace weir::tests
