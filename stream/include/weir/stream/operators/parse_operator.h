#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "weir/connectors/lines/dead_letter.h"
#include "weir/connectors/lines/line.h"
#include "weir/core/operator.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/parse.h"

namespace weir::detail {

/// Where a line stands, for messages.
struct LinePlace {
  std::string_view file;  ///< empty: a stream without files
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::string_view text;
};

inline LinePlace place_of(const Line& line) { return {line.file.string(), line.number, line.offset, line.text}; }
inline LinePlace place_of(std::string_view line) { return {{}, 0, 0, line}; }
inline std::string_view text_of(const Line& line) { return line.text; }
inline std::string_view text_of(std::string_view line) { return line; }

[[noreturn]] void fail_malformed(const LinePlace& place, std::string_view reason);

DeadLetter dead_letter(const LinePlace& place, std::string_view reason);

/// Lines to records. Output 1 takes the dead letters.
template <class L, class R, class F>
class ParseOperator final : public Operator {
 public:
  ParseOperator(F function, OnMalformed::Action action) : function_(std::move(function)), action_(action) {}

  void open(const OperatorContext& context) override { metrics_ = context.metrics; }

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& lines = static_cast<Batch<L>&>(*batch);
    Output<R>& output = out.port<R>();
    return for_each_record(lines, from, out, [&](std::size_t i) {
      Parsed<R> parsed = std::invoke(function_, text_of(lines[i]));
      if (parsed.ok()) [[likely]] {
        output.emit(std::move(parsed.record()), lines.timestamps()[i]);
        return;
      }
      if (action_ == OnMalformed::Action::kFail) fail_malformed(place_of(lines[i]), parsed.reason());
      add_to(metrics_->malformed, 1);
      if (action_ == OnMalformed::Action::kDeadLetter)
        out.port<DeadLetter>(1).emit(dead_letter(place_of(lines[i]), parsed.reason()), lines.timestamps()[i]);
    });
  }

 private:
  F function_;
  OnMalformed::Action action_;
  OperatorMetrics* metrics_ = nullptr;
};

}  // namespace weir::detail
