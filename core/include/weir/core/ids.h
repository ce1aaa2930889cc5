#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace weir {

/// An integer with a meaning of its own: ids of different kinds do not mix, nor with bare integers.
template <class Tag, class Rep>
class StrongId {
 public:
  using rep = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }

  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  Rep value_{};
};

using NodeId = StrongId<struct NodeIdTag, std::uint32_t>;              ///< a node of the job's graph
using TaskIndex = StrongId<struct TaskIndexTag, std::uint32_t>;        ///< a chain of operators in the plan
using SubtaskIndex = StrongId<struct SubtaskIndexTag, std::uint32_t>;  ///< 0-based, of a task or operator
using KeyGroup = StrongId<struct KeyGroupTag, std::uint16_t>;          ///< the unit of rescaling
using SplitIndex = StrongId<struct SplitIndexTag, std::uint32_t>;      ///< a source's split, within a subtask
using CheckpointId = StrongId<struct CheckpointIdTag, std::uint64_t>;  ///< rises by one, never reused
using GenerationId = StrongId<struct GenerationIdTag, std::uint64_t>;  ///< one incarnation of a job's coordinator
using AttemptId = StrongId<struct AttemptIdTag, std::uint32_t>;        ///< one deployment of a job's tasks

}  // namespace weir

template <class Tag, class Rep>
struct std::hash<weir::StrongId<Tag, Rep>> {
  std::size_t operator()(weir::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value()); }
};
