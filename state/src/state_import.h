#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/snapshot.h"
#include "weir/state/handle_shares.h"
#include "weir/state/keyed_state.h"
#include "weir/state/state_section.h"

namespace weir::state {

/// A state of an operator, and the section that holds it.
struct Registered {
  KeyedStateInfo info;
  StateSection* section = nullptr;
  std::shared_ptr<const Evolution> evolution;  ///< of rows that were written before; null: they are as they are
  ExpiredBefore expired_before = nullptr;      ///< null: its entries do not expire
};

/// Whether what a helper fills is still there. Its destruction waits for the stretch at hand.
struct Wanted {
  std::mutex mutex;
  bool gone = false;  ///< guarded by mutex
};

/// Brings what a checkpoint holds of one subtask's keyed state into its cold store, and from there into its sections.
///
/// One handle's files are taken over as they are, if that can be; of the others the rows of the subtask's key groups
/// are copied. If there are no others, states begin cold that can: nobody looks at their rows here. Thread: one helper
/// thread, with run(). Errors: CorruptionError; those of cold stores and of `fetch`.
class StateImport {
 public:
  struct From {
    std::vector<StateHandle> handles;
    std::vector<HandleShare> shares;
    std::vector<KeyedStateInfo> merged;  ///< merge_states()
    FetchFiles fetch;
  };

  /// The sections of `states` are not touched any more once `wanted` says that they are gone.
  StateImport(const KeyedState::Options& options, From from, const std::vector<Registered>& states,
              std::shared_ptr<Wanted> wanted);

  void run();

  /// The states that began cold, and what the checkpoint counts of them. Requires: run() has ended.
  const std::map<StateId, std::uint64_t>& cold() const { return begun_cold_; }

 private:
  void take_over(const StateHandle& handle);
  void copy(const StateHandle& handle, const HandleShare& share);
  /// Brings the rows in the cold store up to what the job has: from here on nothing of before is in it.
  void adapt();
  void begin_cold();
  /// Nothing is done to rows of the state but to read them.
  bool stays_as_it_is(const KeyedStateInfo& stored) const;
  void load();
  void load_others(std::unique_lock<std::mutex>& lock);
  void load_range(std::string_view from, std::string_view to, std::unique_lock<std::mutex>& lock);
  void load_row(std::string_view key, std::string_view value);
  void look_at_memory();
  bool gone();
  /// Whether every entry that a checkpoint counts must be in its files: of those that expire, some may be dropped.
  bool is_certain(std::string_view row_key) const { return !expiring_.contains(state_of_row(row_key)); }

  const std::string operator_name_;
  const KeyGroupRange range_;
  Host& host_;
  const std::shared_ptr<ColdStore> cold_;
  const std::function<std::unique_ptr<ColdStore>()> make_scratch_;
  const From from_;
  std::map<StateId, Registered> states_;
  const std::shared_ptr<Wanted> wanted_;
  std::set<StateId> expiring_;  ///< states of the checkpoint
  std::uint64_t expected_ = 0;  ///< entries that load() must find, of states that do not expire
  std::uint64_t loaded_ = 0;    ///< rows of them that no horizon hides
  std::map<StateId, std::uint64_t> begun_cold_;
  std::size_t rows_ = 0;  ///< that load() has looked at
  const std::optional<std::size_t> memory_;
  bool leave_cold_ = false;  ///< memory is full: what need not be loaded is not
};

}  // namespace weir::state
