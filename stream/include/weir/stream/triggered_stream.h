#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "weir/core/codec.h"
#include "weir/core/contains_text.h"
#include "weir/stream/evictors.h"
#include "weir/stream/key_edges.h"
#include "weir/stream/keyed_stream.h"
#include "weir/stream/operators/triggered_window_operator.h"
#include "weir/stream/stream.h"
#include "weir/stream/trigger.h"
#include "weir/stream/triggers.h"
#include "weir/stream/window_aggregations.h"
#include "weir/stream/window_results.h"

namespace weir {

/// Records grouped by key and window, where a trigger says when a window fires and an evictor, if there is one, what
/// leaves it then; for one aggregation.
template <class T, class KeyFn, class Assigner, class Trigger, class Evictor>
class TriggeredStream : public WindowAggregations<TriggeredStream<T, KeyFn, Assigner, Trigger, Evictor>, T,
                                                  typename KeyedStream<T, KeyFn>::Key> {
 public:
  using Key = typename KeyedStream<T, KeyFn>::Key;

  TriggeredStream(Stream<T> stream, KeyFn key, Assigner assigner, Trigger trigger, Evictor evictor,
                  Duration lateness = Duration{0})
      : stream_(std::move(stream)),
        key_(std::move(key)),
        assigner_(std::move(assigner)),
        trigger_(std::move(trigger)),
        evictor_(std::move(evictor)),
        lateness_(lateness) {}

  /// Windows stay this long after the watermark has passed their end; records that come in that time count, and the
  /// trigger hears of them. Errors: UserError for a negative lateness, or any but in event time.
  TriggeredStream allowed_lateness(Duration lateness) const {
    detail::check_lateness(lateness, assigner_.time());
    TriggeredStream copy = *this;
    copy.lateness_ = lateness;
    return copy;
  }

  /// Says when windows fire, instead of the trigger that they have: see triggers.h. It is a prototype: copied for every
  /// subtask and attempt; what it keeps for a window is in its State. Errors: UserError for a trigger that goes by
  /// another time than the windows.
  template <class Other>
  auto trigger(Other other) const {
    constexpr bool fits = detail::is_trigger<Other, T>() && detail::timer_calls_fit<Other>();
    static_assert(
        fits,
        "trigger needs a struct with: weir::TriggerResult on_element(const Record& element, weir::Timestamp "
        "time, const weir::Window& window, weir::TriggerContext<State>& context); and what it may have "
        "besides: weir::TriggerResult on_event_time and on_processing_time(weir::Timestamp time, const "
        "weir::Window& window, weir::TriggerContext<State>& context); State is the struct's own, or left out: "
        "weir::TriggerContext<>");
    constexpr bool merges = !fits || !Assigner::kMerges || detail::merges_windows<Other>();
    static_assert(merges,
                  "sessions merge, so their trigger needs: void on_merge(const weir::Window& merged, "
                  "weir::TriggerContext<State>& context), which sets its timers anew; and with a State: void "
                  "merge(State& into, const State& from)");
    if constexpr (fits && merges) {
      if constexpr (detail::ChecksWindows<Other>) other.check_windows(assigner_.time());
      return TriggeredStream<T, KeyFn, Assigner, Other, Evictor>(stream_, key_, assigner_, std::move(other), evictor_,
                                                                 lateness_);
    }
  }

  /// Takes elements out of a window that fires: see evictors.h. Windows then keep all their records in state, and
  /// aggregate what is left when they fire.
  template <class Other>
  auto evictor(Other other) const {
    constexpr bool fits = detail::EvictsBefore<Other, T> || detail::EvictsAfter<Other, T>;
    static_assert(fits,
                  "evictor needs a struct with: void evict_before(std::vector<weir::Timestamped<Record>>& elements, "
                  "const weir::Window& window, const weir::EvictorContext& context) const, or evict_after");
    if constexpr (fits) {
      return TriggeredStream<T, KeyFn, Assigner, Trigger, Other>(stream_, key_, assigner_, trigger_, std::move(other),
                                                                 lateness_);
    }
  }

 private:
  template <class, class, class>
  friend class WindowAggregations;

  template <class Agg, class Finish>
  auto add_nodes(const char* name, Agg aggregate, Finish finish) const {
    constexpr bool ends = !std::is_same_v<Trigger, detail::NeverTrigger>;
    static_assert(ends, "a global window never ends, so it never fires: say when, with .trigger(...)");
    if constexpr (std::is_same_v<Evictor, detail::NoEvictor>) {
      if constexpr (ends)
        return add_node(name, detail::AggregateContents<T, Agg>{std::move(aggregate)}, std::move(finish));
    } else {
      constexpr bool owns = !contains_text<T>;
      static_assert(owns || !ends,
                    "windows with an evictor keep their records, which must own their bytes: map to a record with "
                    "std::string in place of weir::Text first");
      if constexpr (owns && !Encodable<T>) {
        static_assert(sizeof(detail::RequireEncodable<T>) > 0);
      } else if constexpr (owns && ends) {
        return add_node(name, detail::EvictedContents<T, Agg, Evictor>{std::move(aggregate), evictor_},
                        std::move(finish));
      }
    }
  }

  template <class Contents, class Finish>
  auto add_node(const char* name, Contents contents, Finish finish) const {
    using R = typename Finish::Result;
    using Spec = detail::TriggeredWindows<T, KeyFn, Assigner, Trigger, Contents, Finish, R>;
    const Spec spec{assigner_, lateness_, key_, trigger_, std::move(contents), std::move(finish)};
    detail::GraphBuilder& builder = *stream_.builder_;
    GraphNode node =
        detail::operator_node(fmt::format("{} in {}", name, assigner_.describe()),
                              detail::by_key<T>(stream_.inputs_, key_), {detail::port_of<R>(), detail::port_of<T>()},
                              [spec] { return std::make_unique<detail::TriggeredWindowOperator<Spec>>(spec); });
    node.stateful = true;
    node.keyed = true;
    const NodeId id = builder.graph.add(std::move(node));
    return WindowResults<R, T>(Stream<R>(builder, id, 0, stream_.bounded_),
                               Stream<T>(builder, id, 1, stream_.bounded_));
  }

  Stream<T> stream_;
  KeyFn key_;
  Assigner assigner_;
  Trigger trigger_;
  Evictor evictor_;
  Duration lateness_;
};

}  // namespace weir
