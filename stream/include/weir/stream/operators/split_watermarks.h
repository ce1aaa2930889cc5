#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "weir/core/operator.h"
#include "weir/core/watermark_merger.h"
#include "weir/stream/watermarks.h"

namespace weir::detail {

/// The watermarks of a subtask's splits and their idleness: everything of the timestamps operator that does not depend
/// on the record's type. Thread: task thread only.
class SplitWatermarks {
 public:
  explicit SplitWatermarks(WatermarkStrategy strategy) : strategy_(strategy) {}

  void open(const OperatorContext& context);

  /// The number of the split that a batch came from; a batch from an exchange has the only one, 0.
  std::size_t split_of(const BatchBase& batch);

  /// Records of a split are about to go out: ends idleness.
  void before_records(std::size_t split, Outputs& out);

  /// The largest timestamp that may move a watermark now; counts those that lie too far in the future.
  Timestamp largest(std::span<const Timestamp> timestamps) const;

  /// Records up to `maximum` went out: the watermark follows, every few batches or when input runs out.
  void after_records(std::size_t split, Timestamp maximum, Outputs& out);

  void advance(std::size_t split, Watermark watermark, Outputs& out);
  void on_split(SplitIndex split, SplitEvent event, Outputs& out);
  void on_watermark(Watermark watermark, Outputs& out);
  void on_time(Outputs& out);
  void on_idle(Outputs& out) { tell(out); }
  /// Tells what is held back, so that a restored subtask need not.
  void on_barrier(Outputs& out) { tell(out); }
  Deadline next_deadline() const;

  std::size_t splits() const { return splits_.size(); }

  /// Whether the splits are those of a source in the same chain, which saves and restores each with its position. The
  /// only split behind an exchange is saved with the subtask.
  bool has_source_splits() const { return source_splits_; }

  /// What the subtask must not forget: what it has promised.
  void save(SavedValues& values) const;
  void restore(const SavedValues& values);
  /// Of all subtasks: the least of what was promised, by those that had not read all. Behind an exchange every subtask
  /// gets records of any other's from now on.
  void restore_rescaled(const std::vector<SavedValues>& before);

  /// What a split has promised. Requires: split < splits().
  void save_split(std::size_t split, SavedValues& values) const;
  /// A restored split counts as active: it may have much to catch up on. Its promise counts from the next records or
  /// event of any split: until then further splits may begin that had promised less.
  void restore_split(std::size_t split, const SavedValues& values);

 private:
  struct Split {
    MonotonicTime last_record{};
    Timestamp maximum = kNoTimestamp;
    Watermark promised;
  };

  void promise(std::size_t split, Watermark watermark);
  void take_up_promises();
  void leave_exchange();
  void tell(Outputs& out);
  void add_split();

  WatermarkStrategy strategy_;
  Host* host_ = nullptr;
  OperatorMetrics* metrics_ = nullptr;
  std::vector<Split> splits_;
  WatermarkMerger merger_;
  Watermark told_;
  bool told_idle_ = false;
  int held_back_ = 0;
  bool source_splits_ = false;
  bool promises_to_take_up_ = false;  ///< those of restored splits
};

}  // namespace weir::detail
