#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/stream/operators/records.h"
#include "weir/stream/operators/split_watermarks.h"

namespace weir::detail {

/// Throws UserError unless the timestamp is one that records can carry.
void check_timestamp(Timestamp timestamp);

/// What a generator remembers stands among the operator's own values under names of its own.
void save_generator(const RememberingGenerator& generator, SavedValues& values);
void restore_generator(RememberingGenerator& generator, const SavedValues& values);

/// Stands for an extract function: the source has given the records their event time.
struct TimestampsOfSource {};

/// Gives records their event time and the stream its watermarks.
template <class T, class Extract>
class TimestampsOperator final : public Operator {
 public:
  using MakeGenerator = std::function<std::unique_ptr<WatermarkGenerator<T>>()>;

  /// Without `make_generator` watermarks follow from the strategy.
  TimestampsOperator(Extract extract, WatermarkStrategy strategy, MakeGenerator make_generator)
      : extract_(std::move(extract)), make_generator_(std::move(make_generator)), watermarks_(strategy) {}

  void open(const OperatorContext& context) override { watermarks_.open(context); }
  bool makes_watermarks() const override { return true; }

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<T>&>(*batch);
    const std::size_t split = watermarks_.split_of(records);
    watermarks_.before_records(split, out);
    return make_generator_ ? process_custom(records, from, split, out) : process_whole(batch, records, split, out);
  }

  Stop on_watermark(Watermark watermark, Outputs& out) override {
    watermarks_.on_watermark(watermark, out);
    return Stop::kDone;
  }
  Stop on_split(SplitIndex split, SplitEvent event, Outputs& out) override {
    const bool known = watermarks_.has_source_splits();
    watermarks_.on_split(split, event, out);
    if (!known && watermarks_.has_source_splits()) generators_.clear();
    return Stop::kDone;
  }
  Stop on_time(Outputs& out) override {
    watermarks_.on_time(out);
    return Stop::kDone;
  }
  Stop on_idle(Outputs& out) override {
    watermarks_.on_idle(out);
    return Stop::kDone;
  }
  Deadline next_deadline() const override { return watermarks_.next_deadline(); }
  Stop on_barrier(CheckpointId, Outputs& out) override {
    watermarks_.on_barrier(out);
    return Stop::kDone;
  }

  void save(SavedValues& values) const override {
    watermarks_.save(values);
    if (!watermarks_.has_source_splits()) save_generator_of(0, values);
  }
  void restore(const SavedValues& values) override {
    watermarks_.restore(values);
    if (watermarks_.splits() > 0) restore_generator_of(0, values);
  }
  /// A generator behind an exchange begins anew: what the others remember is of records that come to this subtask now.
  bool restore_rescaled(const std::vector<SavedValues>& before) override {
    watermarks_.restore_rescaled(before);
    return true;
  }
  void save_split(SplitIndex split, SavedValues& values) const override {
    watermarks_.save_split(split.value(), values);
    save_generator_of(split.value(), values);
  }
  void restore_split(SplitIndex split, const SavedValues& values) override {
    watermarks_.restore_split(split.value(), values);
    restore_generator_of(split.value(), values);
  }

 private:
  void make_generators() {
    while (generators_.size() < watermarks_.splits()) generators_.push_back(make_generator_());
  }

  /// A split without records has no generator yet.
  void save_generator_of(std::size_t split, SavedValues& values) const {
    if (split < generators_.size()) save_generator(*generators_[split], values);
  }

  void restore_generator_of(std::size_t split, const SavedValues& values) {
    if (!make_generator_) return;
    make_generators();
    restore_generator(*generators_[split], values);
  }

  Progress process_whole(BatchPtr& batch, Batch<T>& records, std::size_t split, Outputs& out) {
    const std::size_t size = records.size();
    extract_all(records);
    const Timestamp maximum = watermarks_.largest({records.timestamps(), size});
    out.at(0).pass(batch);
    watermarks_.after_records(split, maximum, out);
    return {size, Stop::kDone};
  }

  void extract_all(Batch<T>& records) {
    if constexpr (!std::is_same_v<Extract, TimestampsOfSource>) {
      std::size_t i = 0;
      try {
        for (const std::size_t size = records.size(); i < size; ++i) {
          const Timestamp timestamp = std::invoke(extract_, std::as_const(records[i]));
          if (!in_range(timestamp)) [[unlikely]]
            check_timestamp(timestamp);
          records.timestamps()[i] = timestamp;
        }
      } catch (const std::exception& error) {
        rethrow_at_record(error, i, kNoTimestamp, describe_record(records[i]));
      }
    }
  }

  Timestamp timestamp_of(const Batch<T>& records, std::size_t i) const {
    if constexpr (std::is_same_v<Extract, TimestampsOfSource>) {
      return records.timestamps()[i];
    } else {
      return std::invoke(extract_, records[i]);
    }
  }

  Progress process_custom(Batch<T>& records, std::size_t from, std::size_t split, Outputs& out) {
    make_generators();
    WatermarkGenerator<T>& generator = *generators_[split];
    Output<T>& output = out.port<T>();
    return for_each_record(records, from, out, [&](std::size_t i) {
      const Timestamp timestamp = timestamp_of(records, i);
      check_timestamp(timestamp);
      const std::optional<Watermark> watermark = generator.on_record(records[i], timestamp);
      output.emit(std::move(records[i]), timestamp);
      if (watermark) watermarks_.advance(split, *watermark, out);
    });
  }

  Extract extract_;
  MakeGenerator make_generator_;
  SplitWatermarks watermarks_;
  std::vector<std::unique_ptr<WatermarkGenerator<T>>> generators_;
};

}  // namespace weir::detail
