#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "weir/core/key_codec.h"
#include "weir/stream/callable.h"
#include "weir/stream/keyed_stream.h"
#include "weir/stream/stream.h"

namespace weir {

/// A record of one of two streams.
template <class A, class B>
using EitherRecord = std::variant<A, B>;

namespace detail {

/// The key of a record of either side.
template <class A, class B, class KeyA, class KeyB>
struct EitherKey {
  using KeyOfA = std::invoke_result_t<const KeyA&, const A&>;
  using KeyOfB = std::invoke_result_t<const KeyB&, const B&>;
  /// Without a copy where both sides have it lying in their records.
  using Result = std::conditional_t<std::is_same_v<KeyOfA, KeyOfB> && std::is_lvalue_reference_v<KeyOfA>, KeyOfA,
                                    StoredKey<std::decay_t<KeyOfA>>>;

  KeyA a;
  KeyB b;

  Result operator()(const EitherRecord<A, B>& record) const {
    if (record.index() == 0) return static_cast<Result>(std::invoke(a, std::get<0>(record)));
    return static_cast<Result>(std::invoke(b, std::get<1>(record)));
  }
};

enum class Grouping : std::uint8_t { kJoin, kCoGroup };

/// f(const A&, const B&) -> R, or f(const A&, const B&, Out<R>&).
template <class F, class A, class B>
constexpr auto join_result() {
  if constexpr (!std::is_void_v<OutType<F, 2>>) {
    if constexpr (std::is_invocable_v<const F&, const A&, const B&, Out<OutType<F, 2>>&>)
      return std::type_identity<OutType<F, 2>>{};
    else
      return std::type_identity<void>{};
  } else if constexpr (std::is_invocable_v<const F&, const A&, const B&>) {
    return std::type_identity<std::decay_t<std::invoke_result_t<const F&, const A&, const B&>>>{};
  } else {
    return std::type_identity<void>{};
  }
}

/// What a join function gives; void for what is none.
template <class F, class A, class B>
using JoinResult = typename decltype(join_result<F, A, B>())::type;

/// Every record of one side with every one of the other, in the order in which they came.
template <class A, class B, class Key, class F>
struct JoinWindow {
  using R = JoinResult<F, A, B>;

  F function;

  void operator()(const Key&, const Window&, const std::vector<EitherRecord<A, B>>& all, Out<R>& out) const {
    for (const auto& a : all) {
      if (a.index() != 0) continue;
      for (const auto& b : all) {
        if (b.index() != 1) continue;
        if constexpr (std::is_void_v<OutType<F, 2>>) {
          out.emit(function(std::get<0>(a), std::get<1>(b)));
        } else {
          function(std::get<0>(a), std::get<1>(b), out);
        }
      }
    }
  }
};

/// The records of each side.
template <class A, class B, class Key, class F>
struct CoGroupWindow {
  using R = OutType<F, 2>;

  F function;

  void operator()(const Key&, const Window&, const std::vector<EitherRecord<A, B>>& all, Out<R>& out) const {
    std::vector<A> of_a;
    std::vector<B> of_b;
    for (const auto& record : all) {
      if (record.index() == 0) {
        of_a.push_back(std::get<0>(record));
      } else {
        of_b.push_back(std::get<1>(record));
      }
    }
    function(std::as_const(of_a), std::as_const(of_b), out);
  }
};

template <class F, class A, class B>
constexpr bool is_co_group_function() {
  using R = OutType<F, 2>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return std::is_invocable_v<const F&, const std::vector<A>&, const std::vector<B>&, Out<R>&>;
  }
}

}  // namespace detail

/// Two streams, grouped by key and window. Windows keep the records of both sides.
template <class A, class B, class Key, class Windowed, detail::Grouping kGrouping>
class JoinedWindows {
 public:
  explicit JoinedWindows(Windowed windows) : windows_(std::move(windows)) {}

  /// As of windows of one stream.
  JoinedWindows allowed_lateness(Duration lateness) const { return JoinedWindows(windows_.allowed_lateness(lateness)); }
  template <class Trigger>
  auto trigger(Trigger trigger) const {
    return with(windows_.trigger(std::move(trigger)));
  }
  template <class Evictor>
  auto evictor(Evictor evictor) const {
    return with(windows_.evictor(std::move(evictor)));
  }

  /// join: f(const A&, const B&) -> R, or f(const A&, const B&, Out<R>&), for each pair of a window's records.
  /// co_group: f(const std::vector<A>&, const std::vector<B>&, Out<R>&), for each window; one side may be empty.
  /// Records come in the order in which they were counted in, results have the window's largest timestamp. late() are
  /// the late records of both, each an EitherRecord.
  template <class F>
  auto apply(F function) const {
    if constexpr (kGrouping == detail::Grouping::kJoin) {
      constexpr bool fits = !std::is_void_v<detail::JoinResult<F, A, B>>;
      static_assert(fits,
                    "a join needs a function of a record of each stream: [](const Left& left, const Right& right) { "
                    "return ...; }, or with weir::Out<Result>& out as a third argument");
      if constexpr (fits) return windows_.process(detail::JoinWindow<A, B, Key, F>{std::move(function)});
    } else {
      constexpr bool fits = detail::is_co_group_function<F, A, B>();
      static_assert(fits,
                    "co_group needs a function of the records of each stream: [](const std::vector<Left>& left, const "
                    "std::vector<Right>& right, weir::Out<Result>& out) { out.emit(...); }");
      if constexpr (fits) return windows_.process(detail::CoGroupWindow<A, B, Key, F>{std::move(function)});
    }
  }

 private:
  template <class Other>
  static auto with(Other windows) {
    return JoinedWindows<A, B, Key, Other, kGrouping>(std::move(windows));
  }

  Windowed windows_;
};

/// Two streams, grouped by key.
template <class A, class B, class KeyFn, detail::Grouping kGrouping>
class JoinedKeys {
 public:
  explicit JoinedKeys(KeyedStream<EitherRecord<A, B>, KeyFn> keyed) : keyed_(std::move(keyed)) {}

  /// Any kind of window; a dynamic gap is that of an EitherRecord.
  template <class Windows>
  auto window(Windows windows) const {
    using Key = typename KeyedStream<EitherRecord<A, B>, KeyFn>::Key;
    auto windowed = keyed_.window(std::move(windows));
    return JoinedWindows<A, B, Key, decltype(windowed), kGrouping>(std::move(windowed));
  }

 private:
  KeyedStream<EitherRecord<A, B>, KeyFn> keyed_;
};

/// Two streams that are to be joined, with the key of the first.
template <class A, class B, class KeyA, detail::Grouping kGrouping>
class JoinedWhere {
 public:
  JoinedWhere(Stream<A> a, Stream<B> b, KeyA key) : a_(std::move(a)), b_(std::move(b)), key_(std::move(key)) {}

  /// The key of the second stream's records: as for key_by().
  template <class KeyB>
  auto equal_to(KeyB key) const {
    constexpr bool fits = detail::FunctionOf<const KeyB&, B>;
    static_assert(fits, "equal_to needs a pointer to a member, or a function of a record of the second stream");
    if constexpr (fits) {
      constexpr bool same = std::is_same_v<StoredKey<detail::KeyOf<KeyA, A>>, StoredKey<detail::KeyOf<KeyB, B>>>;
      static_assert(same, "where and equal_to give keys of different types: convert one, so that both are the same");
      if constexpr (same) {
        using Either = EitherRecord<A, B>;
        using KeyFn = detail::EitherKey<A, B, KeyA, KeyB>;
        const auto a = a_.map([](const A& record) { return Either(std::in_place_index<0>, record); });
        const auto b = b_.map([](const B& record) { return Either(std::in_place_index<1>, record); });
        return JoinedKeys<A, B, KeyFn, kGrouping>(a.union_with(b).key_by(KeyFn{key_, std::move(key)}));
      }
    }
  }

 private:
  Stream<A> a_;
  Stream<B> b_;
  KeyA key_;
};

/// Two streams that are to be joined in windows: a.join(b).where(key).equal_to(key).window(windows).apply(function).
template <class A, class B, detail::Grouping kGrouping>
class JoinedStreams {
 public:
  JoinedStreams(Stream<A> a, Stream<B> b) : a_(std::move(a)), b_(std::move(b)) {}

  /// The key of the first stream's records: as for key_by().
  template <class KeyA>
  auto where(KeyA key) const {
    constexpr bool fits = detail::FunctionOf<const KeyA&, A>;
    static_assert(fits, "where needs a pointer to a member, or a function of a record of the first stream");
    if constexpr (fits) return JoinedWhere<A, B, KeyA, kGrouping>(a_, b_, std::move(key));
  }

 private:
  Stream<A> a_;
  Stream<B> b_;
};

template <class T>
template <class Other>
auto Stream<T>::join(const Stream<Other>& other) const {
  return JoinedStreams<T, Other, detail::Grouping::kJoin>(*this, other);
}

template <class T>
template <class Other>
auto Stream<T>::co_group(const Stream<Other>& other) const {
  return JoinedStreams<T, Other, detail::Grouping::kCoGroup>(*this, other);
}

}  // namespace weir
