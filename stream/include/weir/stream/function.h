#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/operator.h"
#include "weir/core/time.h"
#include "weir/state/ttl.h"
#include "weir/stream/broadcast_state.h"
#include "weir/stream/operator_state.h"
#include "weir/stream/subtask_state.h"

// What functions without keys are written with, and what those with keys have in common with them: see
// docs/process-functions.md and docs/connected-streams.md.

namespace weir {

namespace detail {

/// Notes a state's name. Errors: UserError if it is empty or was noted before.
void note_state(const std::string& name, std::vector<std::string>& names);

/// Where a function is just now in time. Thread: task thread only.
struct FunctionMoment : state::StateClocks {
  FunctionMoment() = default;
  FunctionMoment(const FunctionMoment&) = delete;
  FunctionMoment& operator=(const FunctionMoment&) = delete;

  Watermark watermark;
  const BroadcastStates* broadcast = nullptr;  ///< of an operator behind a broadcast stream
};

}  // namespace detail

/// What a function's open() is given.
class FunctionOpening {
 public:
  FunctionOpening(detail::SubtaskStates& states, const OperatorContext& context) : states_(states), context_(context) {}
  FunctionOpening(const FunctionOpening&) = delete;
  FunctionOpening& operator=(const FunctionOpening&) = delete;

  /// Keeps a list state: from now on it survives failures under its name. Errors: UserError for a name that the
  /// function has given already.
  template <class T, detail::Redistribution redistribution>
  void keep(OperatorState<T, redistribution>& state) {
    note(state.name());
    states_.add(state);
  }

  std::uint32_t subtask() const { return context_.subtask.value(); }  ///< 0-based
  std::uint32_t parallelism() const { return context_.parallelism; }

 protected:
  void note(const std::string& name) { detail::note_state(name, names_); }

 private:
  detail::SubtaskStates& states_;
  const OperatorContext& context_;
  std::vector<std::string> names_;
};

/// What a function is told of the record at hand. Valid during the call.
class FunctionContext {
 public:
  explicit FunctionContext(detail::FunctionMoment& moment) : moment_(moment) {}

  Timestamp timestamp() const { return moment_.timestamp; }
  /// No record up to it is to come; one that does is late. Watermark::end(): the input has ended.
  Watermark watermark() const { return moment_.watermark; }
  /// The wall clock when the batch came; it never goes back.
  Timestamp processing_time() const { return moment_.processing_time; }

 protected:
  detail::FunctionMoment& moment() const { return moment_; }

 private:
  detail::FunctionMoment& moment_;
};

/// What a function is told of a record that meets a broadcast stream.
class ReadOnlyContext : public FunctionContext {
 public:
  using FunctionContext::FunctionContext;

  /// Errors: UserError if the stream was not broadcast with this descriptor.
  template <class MapKey, class V>
  const BroadcastState<MapKey, V>& broadcast_state(const MapStateDescriptor<MapKey, V>& descriptor) const {
    return moment().broadcast->find(descriptor);
  }
};

/// What a function is told of a record of a broadcast stream.
class BroadcastContext : public FunctionContext {
 public:
  using FunctionContext::FunctionContext;

  /// Errors: UserError if the stream was not broadcast with this descriptor.
  template <class MapKey, class V>
  BroadcastState<MapKey, V>& broadcast_state(const MapStateDescriptor<MapKey, V>& descriptor) const {
    return moment().broadcast->find(descriptor);
  }
};

}  // namespace weir
