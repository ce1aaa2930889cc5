#pragma once

#include <string_view>
#include <utility>

#include "weir/connectors/files/files.h"
#include "weir/stream/operators/parse_operator.h"
#include "weir/stream/stream.h"

namespace weir {

namespace detail {

template <class T>
struct ParsedType {
  using type = void;
};
template <class R>
struct ParsedType<Parsed<R>> {
  using type = R;
};

}  // namespace detail

template <class T>
template <class F>
auto Stream<T>::parse(F function, OnMalformed policy) const {
  static_assert(std::is_same_v<T, Line> || std::is_convertible_v<const T&, std::string_view>,
                "parse works on lines of text: a stream of weir::Line, weir::Text or std::string");
  static_assert(std::is_invocable_v<F&, std::string_view>,
                "parse needs a function of a line: [](std::string_view line) -> weir::Parsed<Record> { ... }");
  using R = typename detail::ParsedType<std::decay_t<std::invoke_result_t<F&, std::string_view>>>::type;
  static_assert(!std::is_void_v<R>,
                "the function given to parse must return weir::Parsed<Record>: a record, or weir::Malformed{\"reason\"}");
  const auto action = policy.action;
  const NodeId node =
      add_node("Parse", [function, action] { return std::make_unique<detail::ParseOperator<T, R, F>>(function, action); },
               {detail::port_of<R>(), detail::port_of<DeadLetter>()});
  if (action == OnMalformed::Action::kDeadLetter) {
    connectors::FilesOptions options;
    options.directory = policy.directory;
    Stream<DeadLetter>(*builder_, node, 1, bounded_).write_files(std::move(options), format_dead_letter).name("Dead Letters");
  }
  return Stream<R>(*builder_, node, 0, bounded_);
}

}  // namespace weir
