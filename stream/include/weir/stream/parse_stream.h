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

template <class F>
constexpr auto parsed_record() {
  if constexpr (std::is_invocable_v<F&, std::string_view>) {
    return ParsedType<std::decay_t<std::invoke_result_t<F&, std::string_view>>>{};
  } else {
    return ParsedType<void>{};
  }
}

/// R, when F makes a Parsed<R> of a line; else void.
template <class F>
using ParsedRecord = typename decltype(parsed_record<F>())::type;

}  // namespace detail

template <class T>
template <class F>
auto Stream<T>::parse(F function, OnMalformed policy) const {
  constexpr bool is_text = std::is_same_v<T, Line> || std::is_convertible_v<const T&, std::string_view>;
  static_assert(is_text, "parse works on lines of text: a stream of weir::Line, weir::Text or std::string");
  using R = detail::ParsedRecord<F>;
  constexpr bool fits = !std::is_void_v<R>;
  static_assert(fits || !is_text,
                "parse needs a function that says whether a line is a record: [](std::string_view line) -> "
                "weir::Parsed<Record> { ... return weir::Malformed{\"reason\"}; ... return Record{...}; }");
  if constexpr (is_text && fits) {
    const auto action = policy.action;
    const NodeId node = add_node(
        "Parse", [function, action] { return std::make_unique<detail::ParseOperator<T, R, F>>(function, action); },
        {detail::port_of<R>(), detail::port_of<DeadLetter>()});
    if (action == OnMalformed::Action::kDeadLetter) {
      connectors::FilesOptions options;
      options.directory = policy.directory;
      options.role = "dead letter";
      Stream<DeadLetter>(*builder_, node, 1, bounded_).write_files(std::move(options), format_dead_letter);
      const NodeId letters = builder_->graph.nodes().back().id;
      builder_->graph.node(letters).name = "Sink: Dead Letters";
      builder_->lent_names.emplace_back(letters, node);
    }
    return Stream<R>(*builder_, node, 0, bounded_);
  }
}

}  // namespace weir
