#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/codec.h"
#include "weir/core/snapshot.h"
#include "weir/stream/subtask_state.h"

namespace weir {

namespace detail {

/// What becomes of the lists of all subtasks when there are more or fewer of them.
enum class Redistribution : bool { kSplit, kUnion };

}  // namespace detail

/// A list that a function keeps for its subtask, whatever the keys: `weir::OperatorListState<Order>
/// pending{"pending"};`, or UnionListState.
///
/// It is there from open() on, where opening.keep(pending) gives it a place in checkpoints; what a checkpoint held is
/// back when restored() is called, and before the first record. It is written down as a whole at every barrier, so it
/// is for what stays small: some thousand elements. A copy has the same name and no contents. Thread: task thread only.
template <class T, detail::Redistribution redistribution>
class OperatorState final : public detail::SubtaskState {
 public:
  explicit OperatorState(std::string name) : name_(std::move(name)) {}
  OperatorState(const OperatorState& other) : SubtaskState(), name_(other.name_) {}
  OperatorState& operator=(const OperatorState&) = delete;

  const std::vector<T>& get() const { return elements_; }
  std::size_t size() const { return elements_.size(); }
  bool empty() const { return elements_.empty(); }

  void add(T element) { elements_.push_back(std::move(element)); }
  /// The elements, to change them in any way.
  std::vector<T>& update() { return elements_; }
  void set(std::vector<T> elements) { elements_ = std::move(elements); }
  void clear() { elements_.clear(); }

  const std::string& name() const { return name_; }

  // ---- The operator that runs the function.

  std::string title() const override { return std::string(kUnion ? kUnionListState : kListState) + name_; }

  ValueType type() const override { return value_type_of<std::vector<T>>(); }

  void save(SavedValues& values) const override {
    if (!elements_.empty()) values.put(title(), elements_);
  }

  void restore(const std::vector<SavedValues>& before, detail::SubtaskPlace now) override {
    elements_.clear();
    if (!kUnion && before.size() == now.parallelism) {
      elements_ = list_in(before[now.subtask]);
      return;
    }
    for (const SavedValues& values : before) {
      std::vector<T> list = list_in(values);
      elements_.insert(elements_.end(), std::make_move_iterator(list.begin()), std::make_move_iterator(list.end()));
    }
    if (!kUnion) keep_share(now);
  }

  bool needs_all() const override { return kUnion; }

 private:
  static constexpr bool kUnion = redistribution == detail::Redistribution::kUnion;

  std::vector<T> list_in(const SavedValues& values) const {
    return evolved_value<std::vector<T>>(values, title()).value_or(std::vector<T>{});
  }

  /// Of all elements: those of this subtask, as many as the others have, give or take one.
  void keep_share(detail::SubtaskPlace now) {
    const std::size_t all = elements_.size();
    const auto at = [&](std::size_t subtask) {
      return elements_.begin() + static_cast<std::ptrdiff_t>(all * subtask / now.parallelism);
    };
    std::vector<T> share(std::make_move_iterator(at(now.subtask)), std::make_move_iterator(at(now.subtask + 1)));
    elements_ = std::move(share);
  }

  std::string name_;
  std::vector<T> elements_;
};

/// While the parallelism stays, every subtask has its own list again. When it changes, the lists are strung together in
/// the order of the subtasks and shared out evenly.
template <class T>
using OperatorListState = OperatorState<T, detail::Redistribution::kSplit>;

/// Whenever a job goes on from a checkpoint, every subtask has the lists of all, strung together in the order of the
/// subtasks; it keeps in restored() what is its business.
template <class T>
using UnionListState = OperatorState<T, detail::Redistribution::kUnion>;

}  // namespace weir
