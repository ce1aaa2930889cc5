#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/core/batch.h"
#include "weir/core/contains_text.h"
#include "weir/core/error.h"
#include "weir/core/sink.h"

namespace weir::connectors {

/// Where a collecting sink leaves its records for a test: what was delivered, and hidden behind it what is staged. It
/// outlives the job, and a simulated process that is killed. Thread-safe.
template <class T>
class Collected {
 public:
  /// What has come so far, and forgets it.
  std::vector<T> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(records_, {});
  }

  /// A copy of what has come so far.
  std::vector<T> snapshot() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }

  void add(std::vector<T> records) {
    const std::lock_guard lock(mutex_);
    append(std::move(records));
  }

  /// Hides records under a handle of their own, which is returned.
  std::string stage(std::vector<T> records) {
    const std::lock_guard lock(mutex_);
    std::string handle = std::to_string(++last_handle_);
    staged_.emplace(handle, std::move(records));
    return handle;
  }

  /// Adds the records that were staged so, unless they were added before.
  /// Errors: CorruptionError if they are neither staged nor were delivered.
  void deliver(const std::string& handle) {
    const std::lock_guard lock(mutex_);
    if (delivered_.contains(handle)) return;
    const auto staged = staged_.extract(handle);
    if (staged.empty())
      throw CorruptionError(fmt::format("output is lost: nothing was staged or delivered as '{}'", handle));
    append(std::move(staged.mapped()));
    delivered_.insert(handle);
  }

  /// Forgets what is staged under other handles.
  void keep_only(const std::set<std::string>& handles) {
    const std::lock_guard lock(mutex_);
    std::erase_if(staged_, [&](const auto& entry) { return !handles.contains(entry.first); });
  }

  /// How many handles have something staged.
  std::size_t staged() const {
    const std::lock_guard lock(mutex_);
    return staged_.size();
  }

 private:
  void append(std::vector<T> records) {
    for (T& record : records) records_.push_back(std::move(record));
  }

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::vector<T> records_;
  std::map<std::string, std::vector<T>> staged_;
  std::set<std::string> delivered_;
  std::uint64_t last_handle_ = 0;
};

/// When collected records appear.
enum class CollectWhen {
  kDelivered,    ///< after their checkpoint, or when the job has ended: what a failed attempt wrote is never seen
  kImmediately,  ///< as they are written; a job that begins again begins with nothing, one that goes on may repeat some
};

/// Collects the records of one subtask. Thread: task thread only.
template <class T>
class CollectWriter final : public SinkWriter {
 public:
  CollectWriter(std::shared_ptr<Collected<T>> into, CollectWhen when) : into_(std::move(into)), when_(when) {}

  void open(const OperatorContext& context) override { subtask_ = context.subtask; }

  Progress write(BatchBase& batch, std::size_t from) override {
    const auto& records = static_cast<const Batch<T>&>(batch);
    held_.insert(held_.end(), records.values() + from, records.values() + records.size());
    if (when_ == CollectWhen::kImmediately) into_->add(std::exchange(held_, {}));
    return {records.size(), Stop::kDone};
  }

  void stage(CheckpointId checkpoint) override {
    if (held_.empty()) return;
    staged_.push_back({checkpoint, subtask_, into_->stage(std::exchange(held_, {}))});
  }

  std::optional<StagedOutputs> staged() override { return staged_; }

  void completed(CheckpointId checkpoint) override {
    std::erase_if(staged_, [checkpoint](const StagedOutput& output) { return output.checkpoint <= checkpoint; });
  }

 private:
  std::shared_ptr<Collected<T>> into_;
  CollectWhen when_;
  SubtaskIndex subtask_{};
  std::vector<T> held_;
  StagedOutputs staged_;
};

/// Leaves the records of a job where a test finds them, in memory. Those of one subtask stay in their order.
/// Exactly once, unless records appear immediately.
template <class T>
class CollectSink final : public Sink {
  static_assert(
      !contains_text<T>,
      "Collected records outlive their batch, which a weir::Text cannot: map them to a type with std::string");

 public:
  explicit CollectSink(std::shared_ptr<Collected<T>> into, CollectWhen when = CollectWhen::kDelivered)
      : into_(std::move(into)), when_(when) {}

  void prepare(Host& /*host*/, bool first) const override {
    if (first) return;
    into_->keep_only({});
    into_->take();
  }

  Guarantee guarantee() const override {
    return when_ == CollectWhen::kDelivered ? Guarantee::kExactlyOnce : Guarantee::kAtLeastOnce;
  }

  void recover(Host& /*host*/, const StagedOutputs& keep) const override {
    std::set<std::string> handles;
    for (const StagedOutput& output : keep) handles.insert(output.handle);
    into_->keep_only(handles);
  }

  void deliver(Host& /*host*/, const StagedOutputs& outputs) const override {
    for (const StagedOutput& output : outputs) into_->deliver(output.handle);
  }

  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<CollectWriter<T>>(into_, when_); }

 private:
  std::shared_ptr<Collected<T>> into_;
  CollectWhen when_;
};

/// A sink that leaves its records in `into`.
template <class T>
std::shared_ptr<const Sink> collect(std::shared_ptr<Collected<T>> into, CollectWhen when = CollectWhen::kDelivered) {
  return std::make_shared<CollectSink<T>>(std::move(into), when);
}

}  // namespace weir::connectors
