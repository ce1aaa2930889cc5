#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/connectors/fixed_splits.h"
#include "weir/connectors/position.h"
#include "weir/core/error.h"
#include "weir/core/source.h"

namespace weir::connectors {

/// When a value happened.
template <class T>
using TimestampOf = std::function<Timestamp(const T&)>;

/// Reads a list of values in order, once.
///
/// One split; its position is the index of the next value. Thread: task thread only.
template <class T>
class ValuesReader final : public SourceReader {
 public:
  ValuesReader(std::shared_ptr<const std::vector<T>> values, TimestampOf<T> timestamp)
      : values_(std::move(values)), timestamp_(std::move(timestamp)) {}

  void open(const OperatorContext& context) override { name_ = context.name; }

  void add_split(const Split& split, SplitIndex index) override {
    split_ = split;
    index_ = index;
    next_ = decode_position(split, 1).front();
    if (next_ > values_->size())
      throw UserError(
          fmt::format("source '{}' is to go on at value {}, but has only {}: restore it with the same values", name_,
                      next_, values_->size()));
    reading_ = true;
  }

  void no_more_splits() override { no_more_ = true; }

  Poll poll(Outputs& out) override {
    if (!reading_) return no_more_ ? Poll::kExhausted : Poll::kWait;
    auto& port = out.template port<T>(0);
    port.set_split(index_);
    for (; next_ < values_->size() && !port.full(); ++next_) {
      const T& value = (*values_)[next_];
      port.emit(value, timestamp(value));
    }
    if (next_ == values_->size()) {
      reading_ = false;
      out.split(index_, SplitEvent::kFinished);
    }
    return Poll::kMore;
  }

  std::vector<Split> splits() const override {
    if (split_.id.empty()) return {};
    return {{split_.id, encode_position({next_})}};
  }

 private:
  Timestamp timestamp(const T& value) const {
    if (!timestamp_) return kNoTimestamp;
    const Timestamp when = timestamp_(value);
    if (!in_range(when))
      throw UserError(
          fmt::format("source '{}': value {} has the timestamp {} ms, beyond what Weir can count (+-2.5e14)", name_,
                      next_, to_ms(when)));
    return when;
  }

  std::shared_ptr<const std::vector<T>> values_;
  TimestampOf<T> timestamp_;
  std::string name_;
  Split split_;
  SplitIndex index_{};
  std::uint64_t next_ = 0;
  bool reading_ = false;
  bool no_more_ = false;
};

/// A source of values that are there already: tests and small tables. Bounded, replayable.
template <class T>
class ValuesSource final : public Source {
 public:
  ValuesSource(std::vector<T> values, TimestampOf<T> timestamp)
      : values_(std::make_shared<const std::vector<T>>(std::move(values))), timestamp_(std::move(timestamp)) {}

  bool bounded() const override { return true; }
  bool replayable() const override { return true; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override {
    return std::make_unique<FixedSplits>(std::vector<Split>{{"values", ""}});
  }
  std::unique_ptr<SourceReader> make_reader() const override {
    return std::make_unique<ValuesReader<T>>(values_, timestamp_);
  }

 private:
  std::shared_ptr<const std::vector<T>> values_;
  TimestampOf<T> timestamp_;
};

/// Emits `values` in order, with the timestamps that `timestamp` finds (none: kNoTimestamp).
/// Requires: texts in the values outlive the source.
template <class T>
std::shared_ptr<const Source> values(std::vector<T> values, TimestampOf<T> timestamp = {}) {
  return std::make_shared<ValuesSource<T>>(std::move(values), std::move(timestamp));
}

}  // namespace weir::connectors
