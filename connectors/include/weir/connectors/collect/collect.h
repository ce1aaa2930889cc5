#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "weir/core/batch.h"
#include "weir/core/contains_text.h"
#include "weir/core/sink.h"

namespace weir::connectors {

/// Where a collecting sink leaves its records for a test. Thread-safe.
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
    for (T& record : records) records_.push_back(std::move(record));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<T> records_;  ///< guarded by mutex_
};

/// When collected records appear.
enum class CollectWhen {
  kDelivered,    ///< when the job has ended: what a failed attempt wrote is never seen
  kImmediately,  ///< as they are written; a restart begins again with nothing
};

/// Collects the records of one subtask. Thread: task thread only.
template <class T>
class CollectWriter final : public SinkWriter {
 public:
  CollectWriter(std::shared_ptr<Collected<T>> into, CollectWhen when) : into_(std::move(into)), when_(when) {}

  void open(const OperatorContext& /*context*/) override {}

  Progress write(BatchBase& batch, std::size_t from) override {
    const auto& records = static_cast<const Batch<T>&>(batch);
    held_.insert(held_.end(), records.values() + from, records.values() + records.size());
    if (when_ == CollectWhen::kImmediately) show();
    return {records.size(), Stop::kDone};
  }

  Stop seal() override { return Stop::kDone; }

  Stop deliver() override {
    show();
    return Stop::kDone;
  }

 private:
  void show() { into_->add(std::exchange(held_, {})); }

  std::shared_ptr<Collected<T>> into_;
  CollectWhen when_;
  std::vector<T> held_;
};

/// Leaves the records of a job where a test finds them, in memory. Those of one subtask stay in their order.
template <class T>
class CollectSink final : public Sink {
  static_assert(
      !contains_text<T>,
      "Collected records outlive their batch, which a weir::Text cannot: map them to a type with std::string");

 public:
  explicit CollectSink(std::shared_ptr<Collected<T>> into, CollectWhen when = CollectWhen::kDelivered)
      : into_(std::move(into)), when_(when) {}

  void prepare(Host& /*host*/, bool first) const override {
    if (!first) into_->take();
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
