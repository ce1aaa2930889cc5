#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/connectors/fixed_splits.h"
#include "weir/connectors/generator/generator_options.h"
#include "weir/connectors/generator/index_range.h"
#include "weir/core/error.h"
#include "weir/core/source.h"

namespace weir::connectors {

/// For generators whose records have no timestamps.
struct WithoutTimestamp {
  Timestamp operator()(std::uint64_t) const { return kNoTimestamp; }
};

/// Makes the records of its splits, a batch of each in turn. Thread: task thread only.
template <class Make, class When>
class GeneratorReader final : public SourceReader {
 public:
  using Record = std::decay_t<std::invoke_result_t<Make&, std::uint64_t>>;

  GeneratorReader(GeneratorOptions options, Make make, When when)
      : options_(options), make_(std::move(make)), when_(std::move(when)) {}

  void open(const OperatorContext& context) override {
    name_ = context.name;
    host_ = context.host;
    notifier_ = context.notifier;
  }

  void add_split(const Split& split, SplitIndex index) override {
    if (shares_.empty()) begin_ = host_->monotonic_now();
    shares_.push_back({IndexRange(options_, split, begin_), index});
  }

  void no_more_splits() override { no_more_ = true; }

  Poll poll(Outputs& out) override {
    const MonotonicTime now = options_.records_per_second == 0 ? begin_ : host_->monotonic_now();
    bool all_ended = true;
    for (std::size_t tried = 0; tried < shares_.size(); ++tried) {
      Share& share = shares_[turn_];
      turn_ = (turn_ + 1) % shares_.size();
      if (share.told_end) continue;
      all_ended = false;
      if (share.range.ended()) {
        share.told_end = true;
        out.split(share.index, SplitEvent::kFinished);
        return Poll::kMore;
      }
      if (emit_due(share, now, out)) return Poll::kMore;
    }
    if (all_ended) return no_more_ ? Poll::kExhausted : Poll::kWait;
    wait_for_next(now);
    return Poll::kWait;
  }

  std::vector<Split> splits() const override {
    std::vector<Split> splits;
    for (const Share& share : shares_) splits.push_back(share.range.split());
    return splits;
  }

 private:
  /// Timers are not finer: at high rates records come some at a time.
  static constexpr std::chrono::microseconds kFinest{200};

  struct Share {
    IndexRange range;
    SplitIndex index;
    bool told_end = false;
  };

  bool emit_due(Share& share, MonotonicTime now, Outputs& out) {
    IndexRange& range = share.range;
    const std::uint64_t due_end = range.due_end(now);
    if (range.next() >= due_end) return false;
    auto& port = out.template port<Record>(0);
    port.set_split(share.index);
    for (; !range.ended() && range.next() < due_end && !port.full(); range.advance())
      port.emit(make_(range.next()), timestamp(range.next()));
    return true;
  }

  Timestamp timestamp(std::uint64_t index) {
    const Timestamp when = when_(index);
    if constexpr (!std::is_same_v<When, WithoutTimestamp>) {
      if (!in_range(when))
        throw UserError(
            fmt::format("source '{}': record {} has the timestamp {} ms, beyond what Weir can count (+-2.5e14)", name_,
                        index, to_ms(when)));
    }
    return when;
  }

  void wait_for_next(MonotonicTime now) {
    MonotonicTime next = MonotonicTime::max();
    for (const Share& share : shares_)
      if (!share.range.ended()) next = std::min(next, share.range.due_at());
    timer_ = host_->at(std::max(next, now + kFinest), [notifier = notifier_] { notifier.notify(); });
  }

  GeneratorOptions options_;
  Make make_;
  When when_;
  std::string name_;
  Host* host_ = nullptr;
  Notifier notifier_;
  MonotonicTime begin_{};
  std::vector<Share> shares_;
  std::size_t turn_ = 0;
  bool no_more_ = false;
  std::unique_ptr<Timer> timer_;
};

/// Makes records from their indexes 0, 1, 2, ...: see generator(). Thread-safe: const.
template <class Make, class When>
class GeneratorSource final : public Source {
 public:
  GeneratorSource(GeneratorOptions options, Make make, When when)
      : options_(options), splits_(generator_splits(options)), make_(std::move(make)), when_(std::move(when)) {}

  bool bounded() const override { return options_.count.has_value(); }
  bool replayable() const override { return true; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override { return std::make_unique<FixedSplits>(splits_); }
  std::unique_ptr<SourceReader> make_reader() const override {
    return std::make_unique<GeneratorReader<Make, When>>(options_, make_, when_);
  }

 private:
  GeneratorOptions options_;
  std::vector<Split> splits_;
  Make make_;
  When when_;
};

/// Emits `make(index)` for the indexes 0, 1, 2, ..., with the timestamp `when(index)` (none: kNoTimestamp).
///
/// Both are copied for each subtask, and give the same for the same index whenever they are called: so the source can
/// be replayed. Bounded if there is a count. At a rate, index i is emitted i / rate after the job began, or as soon
/// after as it can be: being slow for a while makes no record later than it must be. Requires: texts in a record live
/// until the next call of `make`. Errors: UsageError for options that cannot be meant.
template <class Make, class When = WithoutTimestamp>
  requires std::invocable<Make&, std::uint64_t> &&
           std::convertible_to<std::invoke_result_t<When&, std::uint64_t>, Timestamp>
std::shared_ptr<const Source> generator(GeneratorOptions options, Make make, When when = {}) {
  return std::make_shared<GeneratorSource<Make, When>>(options, std::move(make), std::move(when));
}

}  // namespace weir::connectors
