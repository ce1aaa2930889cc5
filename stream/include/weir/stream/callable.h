#pragma once

#include <type_traits>

#include "weir/core/output.h"

namespace weir::detail {

/// The argument types of a lambda, function object or function that is not overloaded.
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... A>
struct Signature<R (*)(A...)> {
  template <std::size_t I>
  using Argument = std::tuple_element_t<I, std::tuple<A...>>;
  static constexpr std::size_t kArguments = sizeof...(A);
};
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
  if constexpr (I < Sig::kArguments) {
    return std::type_identity<typename OutTypeOf<typename Sig::template Argument<I>>::type>{};
  } else {
    return std::type_identity<void>{};
  }
}

/// R, when argument I of F is a weir::Out<R>&; else void.
template <class F, std::size_t I>
using OutType = typename decltype(out_type<F, I>())::type;

}  // namespace weir::detail
