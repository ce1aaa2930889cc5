#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/connectors/fixed_splits.h"
#include "weir/core/source.h"

namespace weir::tests {

/// A record, and when a scripted source emits it, counted from the opening of its reader, be it behind a failure.
template <class T>
struct ScriptedRecord {
  std::chrono::nanoseconds at;
  T value;
};

/// What one split of a scripted source emits, in order; behind the last record the split ends.
template <class T>
using SplitScript = std::vector<ScriptedRecord<T>>;

/// Thread: task thread only.
template <class T>
class ScriptedReader final : public SourceReader {
 public:
  explicit ScriptedReader(std::shared_ptr<const std::vector<SplitScript<T>>> scripts) : scripts_(std::move(scripts)) {}

  void open(const OperatorContext& context) override {
    host_ = context.host;
    notifier_ = context.notifier;
    began_ = host_->monotonic_now();
  }

  void add_split(const Split& split, SplitIndex index) override {
    const std::size_t next = split.position.empty() ? 0 : std::stoul(split.position);
    shares_.push_back({split.id, &(*scripts_)[std::stoul(split.id)], index, next});
  }

  void no_more_splits() override { no_more_ = true; }

  Poll poll(Outputs& out) override {
    const MonotonicTime now = host_->monotonic_now();
    MonotonicTime next = MonotonicTime::max();
    for (Share& share : shares_) {
      if (share.told_end) continue;
      if (share.next == share.script->size()) {
        share.told_end = true;
        out.split(share.index, SplitEvent::kFinished);
        return Poll::kMore;
      }
      if (due_at(share) <= now) {
        emit_due(share, now, out);
        return Poll::kMore;
      }
      next = std::min(next, due_at(share));
    }
    if (next == MonotonicTime::max()) return no_more_ ? Poll::kExhausted : Poll::kWait;
    timer_ = host_->at(next, [notifier = notifier_] { notifier.notify(); });
    return Poll::kWait;
  }

  std::vector<Split> splits() const override {
    std::vector<Split> splits;
    for (const Share& share : shares_) splits.push_back({share.id, std::to_string(share.next)});
    return splits;
  }

 private:
  struct Share {
    std::string id;
    const SplitScript<T>* script;
    SplitIndex index;
    std::size_t next = 0;
    bool told_end = false;
  };

  MonotonicTime due_at(const Share& share) const { return began_ + (*share.script)[share.next].at; }

  void emit_due(Share& share, MonotonicTime now, Outputs& out) {
    auto& port = out.template port<T>(0);
    port.set_split(share.index);
    for (; share.next < share.script->size() && due_at(share) <= now && !port.full(); ++share.next)
      port.emit((*share.script)[share.next].value, kNoTimestamp);
  }

  std::shared_ptr<const std::vector<SplitScript<T>>> scripts_;
  Host* host_ = nullptr;
  Notifier notifier_;
  MonotonicTime began_{};
  std::vector<Share> shares_;
  bool no_more_ = false;
  std::unique_ptr<Timer> timer_;
};

/// A source whose splits emit given records at given moments. It counts as unbounded, though it ends behind them all.
template <class T>
class ScriptedSource final : public Source {
 public:
  explicit ScriptedSource(std::vector<SplitScript<T>> scripts)
      : scripts_(std::make_shared<const std::vector<SplitScript<T>>>(std::move(scripts))) {}

  bool bounded() const override { return false; }
  bool replayable() const override { return true; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override {
    std::vector<Split> splits;
    for (std::size_t i = 0; i < scripts_->size(); ++i) splits.push_back({std::to_string(i), ""});
    return std::make_unique<connectors::FixedSplits>(std::move(splits));
  }
  std::unique_ptr<SourceReader> make_reader() const override { return std::make_unique<ScriptedReader<T>>(scripts_); }

 private:
  std::shared_ptr<const std::vector<SplitScript<T>>> scripts_;
};

}  // namespace weir::tests
