#include "weir/stream/operators/timestamps.h"

#include <memory>

#include <gtest/gtest.h>

#include "weir/core/snapshot.h"
#include "weir/sim/world.h"

#include "driven_operator.h"

namespace weir::detail {
namespace {

using tests::Strings;

/// Promises the time of every other record: it must remember whether it has seen one.
class EveryOther final : public WatermarkGenerator<int> {
 public:
  std::optional<Watermark> on_record(const int&, Timestamp timestamp) override {
    seen_one_ = !seen_one_;
    return seen_one_ ? std::nullopt : std::optional(Watermark(timestamp));
  }
  void save(SavedValues& values) const override { values.put("promised", seen_one_); }
  void restore(const SavedValues& values) override { seen_one_ = values.get<bool>("promised").value_or(false); }

 private:
  bool seen_one_ = false;
};

Timestamp time_of(int record) { return timestamp_ms(record); }

class CustomGenerator : public testing::Test {
 protected:
  using Op = TimestampsOperator<int, Timestamp (*)(int)>;

  std::unique_ptr<Op> make() {
    return std::make_unique<Op>(time_of, WatermarkStrategy{}, [] { return std::make_unique<EveryOther>(); });
  }

  /// What comes out when records of a split go in.
  Strings feed(Operator& op, const std::vector<int>& records, std::uint32_t split = 0) {
    Outputs out;
    out.add(std::make_unique<Output<int>>(64));
    BatchPtr batch = std::make_unique<Batch<int>>(64);
    for (const int record : records) static_cast<Batch<int>&>(*batch).push(record, Timestamp{});
    batch->set_split(SplitIndex(split));
    for (std::size_t next = 0; next < records.size();) {
      next = op.process(InputIndex(0), batch, next, out).next;
      while (out.full()) {
        if (out.at(0).front().kind == Element::Kind::kWatermark)
          watermarks_.push_back(tests::text_of(out.at(0).front()));
        out.at(0).pop();
      }
    }
    return std::exchange(watermarks_, {});
  }

  void open(Operator& op) {
    context_.host = &world_;
    context_.metrics = &metrics_;
    op.open(context_);
  }

  void begin(Operator& op, std::uint32_t split) {
    Outputs out;
    op.on_split(SplitIndex(split), SplitEvent::kBegin, out);
  }

  sim::World world_{1};
  OperatorMetrics metrics_;
  OperatorContext context_;
  Strings watermarks_;
};

TEST_F(CustomGenerator, RemembersForEverySplitAcrossARestore) {
  const auto before = make();
  open(*before);
  begin(*before, 0);
  begin(*before, 1);
  EXPECT_EQ(feed(*before, {10}, 0), Strings{});
  EXPECT_EQ(feed(*before, {5, 7}, 1), Strings{}) << "split 0 has promised nothing";
  SavedValues subtask;
  before->save(subtask);
  SavedValues first;
  before->save_split(SplitIndex(0), first);
  SavedValues second;
  before->save_split(SplitIndex(1), second);

  const auto after = make();
  open(*after);
  after->restore(subtask);
  begin(*after, 0);
  after->restore_split(SplitIndex(0), first);
  begin(*after, 1);
  after->restore_split(SplitIndex(1), second);
  EXPECT_EQ(feed(*after, {20}, 0), Strings{"watermark 7"}) << "the second record of split 0; split 1 had promised 7";
}

TEST_F(CustomGenerator, RemembersBehindAnExchangeAcrossARestore) {
  const auto before = make();
  open(*before);
  EXPECT_EQ(feed(*before, {10}), Strings{});
  SavedValues subtask;
  before->save(subtask);
  const auto after = make();
  open(*after);
  after->restore(subtask);
  EXPECT_EQ(feed(*after, {20}), Strings{"watermark 20"});
}

}  // namespace
}  // namespace weir::detail
