#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "weir/cluster/json_writer.h"
#include "weir/core/error.h"

#include "chosen_checkpoint.h"
#include "chosen_states.h"
#include "printed.h"
#include "state_command.h"
#include "state_entry.h"

namespace weir::cluster {
namespace {

/// The entries of one state in one key group, by what tells them apart: slice end, key and sub-key as they are stored.
using Entries = std::map<std::pair<std::optional<Timestamp>, std::string>, std::string>;

Entries entries_of(const CheckpointStates& states, const CheckpointStates::State* state, KeyGroup group) {
  Entries entries;
  if (state == nullptr) return entries;
  states.for_each(*state, group, [&](const CheckpointStates::Row& row) {
    entries.emplace(std::pair(row.prefix.slice_end, std::string(row.key)), row.value);
  });
  return entries;
}

const CheckpointStates::State* find(const std::vector<CheckpointStates::State>& states, const std::string& name) {
  for (const CheckpointStates::State& state : states)
    if (full_name(state) == name) return &state;
  return nullptr;
}

class Comparison {
 public:
  Comparison(Host& host, OutputFormat format) : out_(host), format_(format) {}

  void compare(const std::string& name, const CheckpointStates& left, const CheckpointStates::State* left_state,
               const CheckpointStates& right, const CheckpointStates::State* right_state) {
    if (left_state != nullptr && right_state != nullptr &&
        (left_state->info.key != right_state->info.key || left_state->info.value != right_state->info.value))
      throw UserError(fmt::format("the state '{}' has another type in each:\n{}", name,
                                  difference(left_state->info.value, right_state->info.value, "first", "second")));
    for (std::uint32_t group = 0; group < left.key_groups(); ++group)
      compare_group(name, KeyGroup(static_cast<KeyGroup::rep>(group)), left, left_state, right, right_state);
  }

  bool end() {
    out_.flush();
    return differ_;
  }

 private:
  void compare_group(const std::string& name, KeyGroup group, const CheckpointStates& left,
                     const CheckpointStates::State* left_state, const CheckpointStates& right,
                     const CheckpointStates::State* right_state) {
    const Entries before = entries_of(left, left_state, group);
    const Entries after = entries_of(right, right_state, group);
    auto a = before.begin();
    auto b = after.begin();
    while (a != before.end() || b != after.end()) {
      if (b == after.end() || (a != before.end() && a->first < b->first)) {
        tell('-', name, entry(*left_state, group, *a++));
      } else if (a == before.end() || b->first < a->first) {
        tell('+', name, entry(*right_state, group, *b++));
      } else {
        if (a->second != b->second) {
          tell('-', name, entry(*left_state, group, *a));
          tell('+', name, entry(*right_state, group, *b));
        }
        ++a;
        ++b;
      }
    }
  }

  static StateEntry entry(const CheckpointStates::State& state, KeyGroup group, const Entries::value_type& stored) {
    return read_entry(state.info, {{group, state.info.id, stored.first.first}, stored.first.second, stored.second});
  }

  void tell(char sign, const std::string& name, const StateEntry& entry) {
    differ_ = true;
    if (format_ == OutputFormat::kText) {
      out_.line(fmt::format("{} {}\t{}", sign, name, text_of(entry)));
      return;
    }
    JsonWriter json;
    json.begin_object().key("in").text(sign == '-' ? "first" : "second").key("state").text(name);
    add_members(entry, json);
    out_.line(json.end_object().result());
  }

  Printed out_;
  const OutputFormat format_;
  bool differ_ = false;
};

}  // namespace

ExitStatus print_difference(Host& host, const DiffRequest& request) {
  const ChosenCheckpoint left = choose_checkpoint(host, request.left);
  const ChosenCheckpoint right = choose_checkpoint(host, request.right);
  if (left.manifest->shape.key_groups != right.manifest->shape.key_groups)
    throw UserError(fmt::format("they have different numbers of key groups: {} in {}, {} in {}",
                                left.manifest->shape.key_groups, request.left, right.manifest->shape.key_groups,
                                request.right));
  const CheckpointStates before(host, left.directory, left.manifest, request.scratch);
  const CheckpointStates after(host, right.directory, right.manifest, request.scratch);
  const auto states_before = find_states(before, request.state);
  const auto states_after = find_states(after, request.state);
  if (states_before.empty() && states_after.empty() && !request.state.empty())
    throw UsageError(fmt::format("there is no state '{}' in either: in {} {}, in {} {}", request.state, request.left,
                                 what_there_is(before), request.right, what_there_is(after)));
  std::set<std::string> names;
  for (const auto& state : states_before) names.insert(full_name(state));
  for (const auto& state : states_after) names.insert(full_name(state));
  Comparison comparison(host, request.format);
  bool one_sided = false;
  for (const std::string& name : names) {
    const CheckpointStates::State* const left_state = find(states_before, name);
    const CheckpointStates::State* const right_state = find(states_after, name);
    comparison.compare(name, before, left_state, after, right_state);
    if (left_state != nullptr && right_state != nullptr) continue;
    one_sided = true;
    host.print(StandardStream::kError, fmt::format("weir: the state '{}' is not in {}\n", name,
                                                   left_state == nullptr ? request.left : request.right));
  }
  return comparison.end() || one_sided ? ExitStatus::kProblem : ExitStatus::kFine;
}

}  // namespace weir::cluster
