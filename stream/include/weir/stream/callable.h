#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "weir/core/output.h"
#include "weir/stream/windows.h"

namespace weir::detail {

/// The argument types of a lambda, function object or function. Empty for what has none of its own: an overloaded
/// function, a lambda with `auto` parameters.
template <class F>
struct Signature {};
template <class F>
  requires requires { sizeof(&F::operator()); }
struct Signature<F> : Signature<decltype(&F::operator())> {};
template <class R, class... A>
struct Signature<R (*)(A...)> {
  template <std::size_t I>
  using Argument = std::tuple_element_t<I, std::tuple<A...>>;
  static constexpr std::size_t kArguments = sizeof...(A);
};
template <class R, class... A>
struct Signature<R (*)(A...) noexcept> : Signature<R (*)(A...)> {};
template <class R, class C, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R (*)(A...)> {};
template <class R, class C, class... A>
struct Signature<R (C::*)(A...)> : Signature<R (*)(A...)> {};
template <class R, class C, class... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R (*)(A...)> {};
template <class R, class C, class... A>
struct Signature<R (C::*)(A...) noexcept> : Signature<R (*)(A...)> {};

template <class F>
concept HasSignature = requires { Signature<std::decay_t<F>>::kArguments; };

template <class T>
struct OutTypeOf {
  using type = void;
};
template <class T>
struct OutTypeOf<Out<T>&> {
  using type = T;
};

template <class F, std::size_t I>
constexpr auto out_type() {
  using Sig = Signature<std::decay_t<F>>;
  if constexpr (HasSignature<F>) {
    if constexpr (I < Sig::kArguments)
      return OutTypeOf<typename Sig::template Argument<I>>{};
    else
      return std::type_identity<void>{};
  } else {
    return std::type_identity<void>{};
  }
}

/// R, when argument I of F is a weir::Out<R>&; else void.
template <class F, std::size_t I>
using OutType = typename decltype(out_type<F, I>())::type;

// What functions given to streams must be. Each is the condition of one static_assert, whose sentence says what to
// write; nothing is instantiated behind one that does not hold, so that the sentence is all that a compiler says.

template <class F, class T>
concept FunctionOf = std::is_invocable_v<F, const T&>;

template <class F, class T>
constexpr bool is_map() {
  if constexpr (FunctionOf<F&, T>) return !std::is_void_v<std::invoke_result_t<F&, const T&>>;
  return false;
}

/// The type of the key that `KeyFn` takes from a T, as it comes.
template <class KeyFn, class T>
using KeyOf = std::decay_t<std::invoke_result_t<const KeyFn&, const T&>>;

template <class T>
concept HasLess = requires(const T& a, const T& b) {
  { a < b } -> std::convertible_to<bool>;
};

template <class F>
constexpr bool is_generator() {
  if constexpr (std::is_invocable_v<F&, std::uint64_t>) return !std::is_void_v<std::invoke_result_t<F&, std::uint64_t>>;
  return false;
}

/// f(const T&, Out<R>&), or f(const T&, Out<R>&, Out<S>&).
template <class F, class T>
constexpr bool is_flat_map() {
  using R = OutType<F, 1>;
  using S = OutType<F, 2>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else if constexpr (std::is_void_v<S>) {
    return std::is_invocable_v<F&, const T&, Out<R>&>;
  } else {
    return std::is_invocable_v<F&, const T&, Out<R>&, Out<S>&>;
  }
}

/// f(const Key&, const Window&, const Value&, Out<R>&).
template <class F, class Key, class Value>
constexpr bool is_window_function() {
  using R = OutType<F, 3>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return std::is_invocable_v<const F&, const Key&, const Window&, const Value&, Out<R>&>;
  }
}

}  // namespace weir::detail
