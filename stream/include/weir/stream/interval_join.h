#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/codec.h"
#include "weir/core/contains_text.h"
#include "weir/stream/connected_streams.h"
#include "weir/stream/operators/interval_join_operator.h"

namespace weir {

namespace detail {

/// Errors: UserError if the lower bound is above the upper one.
void check_interval(const JoinInterval& interval);

}  // namespace detail

/// What a join gives, and the records that came too late for it.
template <class R, class A, class B>
class JoinedStream : public Stream<R> {
 public:
  JoinedStream(Stream<R> joined, Stream<A> late_left, Stream<B> late_right)
      : Stream<R>(std::move(joined)), late_left_(std::move(late_left)), late_right_(std::move(late_right)) {}

  /// Records that came when the watermark had passed them; without a consumer they are counted and dropped.
  Stream<A> late_left() const { return late_left_; }
  Stream<B> late_right() const { return late_right_; }

  JoinedStream name(std::string name) const {
    Stream<R>::name(std::move(name));
    return *this;
  }
  JoinedStream parallelism(std::uint32_t parallelism) const {
    Stream<R>::parallelism(parallelism);
    return *this;
  }

 private:
  Stream<A> late_left_;
  Stream<B> late_right_;
};

/// Two keyed streams, and how far apart in event time their records may be to meet: process follows.
template <class A, class KeyOfA, class B, class KeyOfB>
class IntervalJoin : private ConnectedStreams<A, B> {
 public:
  using Key = StoredKey<detail::KeyOf<KeyOfA, A>>;

  /// Requires: the streams' records are spread by these keys.
  IntervalJoin(Stream<A> left, KeyOfA key_of_left, Stream<B> right, KeyOfB key_of_right)
      : ConnectedStreams<A, B>(std::move(left), std::move(right)),
        key_of_left_(std::move(key_of_left)),
        key_of_right_(std::move(key_of_right)) {}

  /// Right records from `lower` before to `upper` behind the left one meet it, both bounds included; negative: before
  /// it. Errors: UserError if lower is above upper.
  IntervalJoin between(Duration lower, Duration upper) const { return with({lower, upper}); }

  /// The bound itself is out. Errors: UserError if nothing is left between the bounds.
  IntervalJoin lower_bound_exclusive() const { return with({interval_.lower + Duration{1}, interval_.upper}); }
  IntervalJoin upper_bound_exclusive() const { return with({interval_.lower, interval_.upper - Duration{1}}); }

  /// Calls f(const A& left, const B& right, Out<R>&) for each two that meet. What it emits has the later one's time.
  template <class F>
  auto process(F function) const {
    constexpr bool owns = !contains_text<A> && !contains_text<B>;
    static_assert(owns,
                  "what an interval join keeps in state must own its bytes: map to records with std::string in place "
                  "of weir::Text first");
    constexpr bool fits = detail::is_join_function<F, A, B>();
    static_assert(fits || !owns,
                  "process of an interval join needs a function of a record of each stream that names what it emits: "
                  "[](const Left& left, const Right& right, weir::Out<Result>& out) { out.emit(...); }");
    if constexpr (owns && fits && !(Encodable<A> && Encodable<B>)) {
      static_assert(sizeof(detail::RequireEncodable<std::pair<A, B>>) > 0);
    } else if constexpr (owns && fits) {
      using R = detail::OutType<F, 2>;
      using Op = detail::IntervalJoinOperator<Key, A, KeyOfA, B, KeyOfB, R, F>;
      const NodeId node = this->add_node(
          "Interval Join", {detail::port_of<R>(), detail::port_of<A>(), detail::port_of<B>()},
          [left = key_of_left_, right = key_of_right_, interval = interval_, function] {
            return std::make_unique<Op>(left, right, interval, function);
          },
          ConnectedStreams<A, B>::State::kOfKeys);
      return JoinedStream<R, A, B>(this->template stream_of<R>(node, 0), this->template stream_of<A>(node, 1),
                                   this->template stream_of<B>(node, 2));
    }
  }

 private:
  IntervalJoin with(detail::JoinInterval interval) const {
    detail::check_interval(interval);
    IntervalJoin copy = *this;
    copy.interval_ = interval;
    return copy;
  }

  KeyOfA key_of_left_;
  KeyOfB key_of_right_;
  detail::JoinInterval interval_;
};

template <class T, class KeyFn>
template <class U, class KeyOfU>
auto KeyedStream<T, KeyFn>::interval_join(const KeyedStream<U, KeyOfU>& right) const {
  constexpr bool fits = std::is_same_v<Key, typename KeyedStream<U, KeyOfU>::Key>;
  static_assert(fits,
                "interval_join needs two streams that are grouped by keys of one type: let one of the two functions "
                "given to key_by convert its key to the other's type");
  if constexpr (fits) return IntervalJoin<T, KeyFn, U, KeyOfU>(spread(), key_, right.spread(), right.key_);
}

}  // namespace weir
