#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/snapshot.h"
#include "weir/state/map_state.h"
#include "weir/stream/subtask_state.h"

namespace weir {

/// Names a broadcast state and its types: given to Stream::broadcast(), and to what asks for the state.
template <class MapKey, class V>
class MapStateDescriptor {
 public:
  explicit MapStateDescriptor(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

namespace detail {

template <class T>
inline constexpr char kTypeTag = 0;

/// A broadcast state whose types are not known here.
class AnyBroadcastState : public SubtaskState {
 public:
  AnyBroadcastState(std::string name, const void* types) : name_(std::move(name)), types_(types) {}

  const std::string& name() const { return name_; }
  /// The same for states of the same types.
  const void* types() const { return types_; }
  std::string title() const override { return std::string(kBroadcastState) + name_; }

 private:
  std::string name_;
  const void* types_;
};

}  // namespace detail

/// A map, ordered by its keys, of which every subtask has a copy: changed where the broadcast stream's records are
/// handled, read where the other stream's are.
///
/// That all copies are equal is up to the function: it must make the same of the same broadcast records, in whatever
/// order they come if several subtasks send them. References and pointers are valid until the entry is erased. Thread:
/// task thread only.
template <class MapKey, class V>
class BroadcastState final : public detail::AnyBroadcastState {
 public:
  explicit BroadcastState(std::string name)
      : AnyBroadcastState(std::move(name), &detail::kTypeTag<std::pair<MapKey, V>>) {}

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

  /// Null: there is none.
  const V* get(const MapKey& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }

  /// Calls f(const MapKey&, const V&) for each entry, in the order of the keys. Requires: f does not change the map.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& [key, value] : entries_) f(key, value);
  }

  /// The value to change; V{} if there was none.
  V& update(const MapKey& key) { return entries_[key]; }
  void set(const MapKey& key, V value) { entries_.insert_or_assign(key, std::move(value)); }
  /// Whether there was such an entry.
  bool erase(const MapKey& key) { return entries_.erase(key) > 0; }
  void clear() { entries_.clear(); }

  // ---- The operator that runs the function.

  ValueType type() const override { return value_type_of<Entries>(); }

  void save(SavedValues& values) const override {
    if (!entries_.empty()) values.put(title(), entries_);
  }

  /// The subtask's own copy while the parallelism stays; one of the others', which are the same, for those that are
  /// new.
  void restore(const std::vector<SavedValues>& before, detail::SubtaskPlace now) override {
    entries_ = evolved_value<Entries>(before[now.subtask % before.size()], title()).value_or(Entries{});
  }

 private:
  using Entries = std::map<MapKey, V, state::KeyLess<MapKey>>;

  Entries entries_;
};

namespace detail {

/// Makes the state of one subtask.
using MakeBroadcastState = std::function<std::unique_ptr<AnyBroadcastState>()>;

/// Errors: UserError for a name that is empty, or is there twice.
void check_broadcast_names(const std::vector<std::string>& names);

/// The broadcast states of one subtask, found by their descriptors. Thread: task thread only.
class BroadcastStates {
 public:
  explicit BroadcastStates(const std::vector<MakeBroadcastState>& make);

  /// Errors: UserError if the stream was not broadcast with this descriptor.
  template <class MapKey, class V>
  BroadcastState<MapKey, V>& find(const MapStateDescriptor<MapKey, V>& descriptor) const {
    return static_cast<BroadcastState<MapKey, V>&>(find(descriptor.name(), &kTypeTag<std::pair<MapKey, V>>));
  }

  /// To have them saved and restored.
  void add_to(SubtaskStates& states) const;

 private:
  AnyBroadcastState& find(const std::string& name, const void* types) const;

  std::vector<std::unique_ptr<AnyBroadcastState>> states_;
};

}  // namespace detail

}  // namespace weir
