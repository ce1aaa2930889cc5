#include "weir/state/keyed_state.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "weir/core/blocking_call.h"
#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/state/drain_buffer.h"
#include "weir/state/handle_shares.h"
#include "weir/state/memory_share.h"

#include "cold_load.h"
#include "frozen_rows.h"
#include "state_import.h"

namespace weir::state {

namespace {

/// How long entries are evicted between two batches, in time and in pieces of a thousand entries.
constexpr std::chrono::microseconds kEvictionSlice{100};
constexpr std::size_t kEvictionPieces = 16;

/// How long entries are brought back between two batches: half as long as records had since the last time, within
/// these bounds.
constexpr std::chrono::nanoseconds kShortLoad = std::chrono::microseconds(150);
constexpr std::chrono::nanoseconds kLongLoad = std::chrono::milliseconds(2);
/// Rows that are brought back at the most, for each that a drain may encode.
constexpr std::size_t kLoadRows = 4;

[[noreturn]] void throw_not_written(const KeyedState::Options& options, const std::exception& error) {
  throw ExternalError(
      fmt::format("the state of operator '{}' does not fit into its {} bytes of memory, and cannot be "
                  "moved to the local disk: {}",
                  options.operator_name, *options.memory, error.what()));
}

}  // namespace

struct KeyedState::Impl {
  explicit Impl(Options with) : options(std::move(with)), buffer(*options.host, options.slice_rows) {
    call.open(*options.host, options.notifier);
    WEIR_CHECK(!options.memory || options.cold != nullptr, options.operator_name);
    if (options.memory) may_read();
  }

  void may_read() { reads.emplace(*options.host, options.notifier, options.cold, buffer); }
  void end_of_restore();
  bool bring_back();
  bool stop_load_if_full();
  void end_of_reading();

  void freeze();
  void encode();
  void end_of_encoding();
  void end_of_call();
  void give_back_rows();
  void retry();
  bool keep_share();
  bool evict();
  bool may_evict() const;
  std::size_t held_in_tables() const;
  std::size_t held_on_the_way() const;
  std::size_t changed_bytes() const;
  MemoryFacts facts() const;
  void check_all_registered() const;
  const KeyedStateInfo* expected(const std::string& name) const;
  StateId free_id() const;

  Options options;
  DrainBuffer buffer;
  BlockingCall call;
  std::vector<Registered> states;
  std::optional<ColdReads> reads;  ///< with a share of memory, or while entries of a checkpoint are still cold
  bool retired = false;            ///< all of these are back: nobody reads any more
  std::vector<StateDeclaration> declarations;

  // What is to be brought back.
  std::optional<StateImport::From> restored;
  std::shared_ptr<Wanted> wanted = std::make_shared<Wanted>();
  std::shared_ptr<StateImport> import;
  std::optional<ColdLoad> load;  ///< of what began cold, until all of it is back or memory is full
  MonotonicTime load_ended{};    ///< when work() brought some of it back last

  // The drain at hand.
  enum class Phase { kIdle, kEncoding, kStoring, kUnwritten, kWriting } phase = Phase::kIdle;
  std::size_t next_section = 0;
  std::shared_ptr<FrozenRows> rows;  ///< of the drain at hand, or of one whose rows are not written yet
  std::optional<StateHandle> frozen;
  std::exception_ptr failure;

  // What keeps the share of memory.
  MemoryShare share;
  bool eviction = false;       ///< the drain at hand is one
  bool barrier_waits = false;  ///< no eviction is to begin
  bool is_full = false;
  std::size_t expected_rows = 0;  ///< bytes of the rows of the drain at hand, before they are written down
  std::size_t evicting_section = 0;
  std::uint64_t evictions = 0;
};

KeyedState::KeyedState(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

KeyedState::~KeyedState() {
  const std::lock_guard lock(impl_->wanted->mutex);
  impl_->wanted->gone = true;
}

KeyGroupRange KeyedState::range() const { return impl_->options.range; }

std::uint32_t KeyedState::key_groups() const { return impl_->options.key_groups; }

// ---- The operator -----------------------------------------------------------------------------------------------

const KeyedStateInfo* KeyedState::Impl::expected(const std::string& name) const {
  if (!restored) return nullptr;
  for (const KeyedStateInfo& state : restored->merged)
    if (state.name == name) return &state;
  return nullptr;
}

StateId KeyedState::Impl::free_id() const {
  std::uint16_t next = 0;
  const auto keep_above = [&next](StateId id) { next = std::max<std::uint16_t>(next, id.value() + 1); };
  for (const Registered& state : states) keep_above(state.info.id);
  if (restored) {
    for (const KeyedStateInfo& state : restored->merged) keep_above(state.id);
  }
  return StateId(next);
}

StateId KeyedState::add(StateDeclaration declaration, StateSection& section) {
  Impl& self = *impl_;
  for (const Registered& other : self.states) WEIR_CHECK(other.info.name != declaration.name, declaration.name);
  KeyedStateInfo info{
      declaration.name, {}, declaration.sliced, declaration.key, declaration.value.schema, Timestamp::min(),
      declaration.kind};
  std::shared_ptr<const Evolution> evolution;
  if (const KeyedStateInfo* stored = self.expected(info.name)) {
    const StateFate fate = fate_of(*stored, declaration);
    if (fate.kind == StateFate::Kind::kRefused)
      throw UserError(
          fmt::format("operator '{}', state '{}': {}", self.options.operator_name, info.name, fate.refusal));
    if (fate.kind == StateFate::Kind::kMigrated)
      evolution = std::make_shared<const Evolution>(evolution_of_rows(*stored, declaration));
    info.id = stored->id;
    info.horizon = stored->horizon;
  } else {
    info.id = self.free_id();
  }
  section.attach({info.id, self.options.key_groups, self.options.cold == nullptr ? nullptr : &self.buffer,
                  self.reads ? &*self.reads : nullptr});
  section.set_horizon(info.horizon);
  self.states.push_back({std::move(info), &section, std::move(evolution), declaration.expired_before});
  self.declarations.push_back(std::move(declaration));
  return self.states.back().info.id;
}

const std::vector<StateDeclaration>& KeyedState::declarations() const { return impl_->declarations; }

// ---- Going on from a checkpoint ---------------------------------------------------------------------------------

void KeyedState::expect(std::vector<StateHandle> restored, FetchFiles fetch) {
  Impl& self = *impl_;
  WEIR_CHECK(self.states.empty() && self.options.cold != nullptr);
  const std::string& name = self.options.operator_name;
  StateImport::From from{std::move(restored), {}, {}, std::move(fetch)};
  from.shares = share_handles(from.handles, self.options.range, name);
  from.merged = merge_states(from.handles, from.shares, name);
  if (!self.reads && can_begin_cold(from.handles, from.shares)) self.may_read();
  self.restored = std::move(from);
}

void KeyedState::Impl::check_all_registered() const {
  if (options.non_restored == NonRestored::kDropped) return;
  for (const KeyedStateInfo& stored : restored->merged) {
    const bool known = std::any_of(states.begin(), states.end(),
                                   [&](const Registered& state) { return state.info.name == stored.name; });
    if (!known)
      throw UserError(fmt::format(
          "operator '{}' has no state '{}' any more, but the checkpoint has it: {}\nGive it back, or let it "
          "be dropped with --weir.allow-non-restored-state",
          options.operator_name, stored.name, to_string(stored.value)));
  }
}

void KeyedState::start_restore() {
  Impl& self = *impl_;
  if (!self.restored) return;
  self.check_all_registered();
  const auto has_files = [&](const HandleShare& share) { return !self.restored->handles[share.handle].files.empty(); };
  if (std::none_of(self.restored->shares.begin(), self.restored->shares.end(), has_files)) return;
  self.import = std::make_shared<StateImport>(self.options, *self.restored, self.states, self.wanted);
  self.call.start([import = self.import] { import->run(); });
}

bool KeyedState::restored() {
  Impl& self = *impl_;
  if (!self.restored) return true;
  if (!self.call.ready()) return false;
  self.end_of_restore();
  return true;
}

/// What began cold comes back from now on; if nothing did, and there is no share of memory, nobody reads.
void KeyedState::Impl::end_of_restore() {
  std::map<StateId, ColdLoad::State> cold;
  std::vector<StateId> others;
  for (const Registered& state : states) {
    const auto add = [&](std::uint64_t counted) {
      cold.emplace(state.info.id, ColdLoad::State{state.info.name, state.info.sliced, counted, state.section});
    };
    const bool began_cold = import != nullptr && import->cold().contains(state.info.id);
    if (began_cold) {
      add(import->cold().at(state.info.id));
    } else {
      others.push_back(state.info.id);
      if (!options.memory && reads) state.section->stop_reading();
    }
  }
  if (!cold.empty()) {
    load.emplace(options.operator_name, options.range, std::move(cold), std::move(others));
  } else if (!options.memory) {
    end_of_reading();
  }
  import.reset();
  restored.reset();
}

/// Brings some of what began cold back. Whether there is more to bring back at once.
bool KeyedState::Impl::bring_back() {
  if (!load || phase == Phase::kEncoding) return false;
  options.host->crash_point("restore: loading");
  if (stop_load_if_full() || load->must_wait()) return false;
  const std::chrono::nanoseconds turn = (options.host->monotonic_now() - load_ended) / 2;
  const bool more =
      load->go_on(*reads, *options.host, kLoadRows * options.slice_rows, std::clamp(turn, kShortLoad, kLongLoad));
  load_ended = options.host->monotonic_now();
  if (more) return !stop_load_if_full();
  load->check_complete();
  load.reset();
  if (!options.memory) end_of_reading();
  return false;
}

/// What is brought back is not to be evicted at once; nothing was, as long as there is a load.
bool KeyedState::Impl::stop_load_if_full() {
  if (!options.memory || facts().held < *options.memory / 4 * 3) return false;
  load.reset();
  return true;
}

void KeyedState::Impl::end_of_reading() {
  if (!reads || retired) return;
  for (const Registered& state : states) state.section->stop_reading();
  reads->retire();
  retired = true;
}

// ---- The drain --------------------------------------------------------------------------------------------------

bool KeyedState::can_freeze() {
  if (impl_->phase == Impl::Phase::kUnwritten) impl_->retry();
  return impl_->phase == Impl::Phase::kIdle && !impl_->restored;
}

void KeyedState::freeze(CheckpointId checkpoint) {
  Impl& self = *impl_;
  WEIR_CHECK(self.phase == Impl::Phase::kIdle, static_cast<int>(self.phase));
  if (self.options.cold == nullptr) return;
  self.eviction = false;
  self.barrier_waits = false;
  self.freeze();
  self.rows->store_files = self.options.store_files;
  self.rows->checkpoint = checkpoint;
  self.rows->handle.range = self.options.range;
  for (Registered& state : self.states) {
    state.info.horizon = state.section->horizon();
    self.rows->handle.states.push_back(state.info);
    StateCount& count = self.rows->handle.counts.emplace_back();
    state.section->count(count);
    self.rows->handle.entries += count.entries;
    if (state.expired_before == nullptr) continue;
    self.rows->handle.expiring_entries += count.entries;
    self.rows->expired.push_back({state.info.id, state.expired_before(), Horizon::Of::kEntries});
  }
  self.frozen.reset();
  self.failure = nullptr;
  self.options.host->crash_point("checkpoint: frozen");
}

void KeyedState::Impl::freeze() {
  rows = std::make_shared<FrozenRows>();
  rows->export_directory = options.export_directory;
  rows->host = options.host;
  rows->cold = options.cold;
  rows->spare_memory = options.memory.has_value();
  if (options.memory) expected_rows = changed_bytes();
  buffer.freeze();
  for (Registered& state : states) state.section->freeze();
  phase = Phase::kEncoding;
  next_section = 0;
}

bool KeyedState::work() {
  Impl& self = *impl_;
  switch (self.phase) {
    case Impl::Phase::kEncoding:
      self.encode();
      break;
    case Impl::Phase::kStoring:
    case Impl::Phase::kWriting:
      if (self.call.ended()) {
        self.end_of_call();
      } else if (self.rows->written.load(std::memory_order_acquire) && !self.rows->rows.empty()) {
        self.give_back_rows();
      }
      break;
    case Impl::Phase::kIdle:
    case Impl::Phase::kUnwritten:
      break;
  }
  if (self.restored) return self.phase == Impl::Phase::kEncoding;
  const bool loads = self.bring_back();
  const bool more = self.options.memory && self.keep_share();
  return loads || more || self.phase == Impl::Phase::kEncoding;
}

void KeyedState::Impl::encode() {
  const auto crash_point = [this](const char* name) {
    if (!eviction) options.host->crash_point(name);
  };
  if (next_section == 0) crash_point("checkpoint: drain begun");
  buffer.begin_slice();
  while (next_section < states.size()) {
    if (!states[next_section].section->encode()) {
      crash_point("checkpoint: mid-drain");
      return;
    }
    ++next_section;
  }
  end_of_encoding();
}

void KeyedState::Impl::end_of_encoding() {
  rows->rows = buffer.take();
  if (eviction) return retry();
  phase = Phase::kStoring;
  // A task whose share is full may evict as soon as the rows are written; storing files takes longer.
  auto written = [host = options.host, notifier = options.notifier] { host->post([notifier] { notifier.notify(); }); };
  call.start([rows = rows, written = std::move(written), tells = options.memory.has_value()] {
    rows->write();
    if (tells) written();
    rows->store();
  });
}

void KeyedState::Impl::retry() {
  phase = Phase::kWriting;
  call.start([rows = rows] { rows->write(); });
}

void KeyedState::Impl::end_of_call() {
  const bool storing = phase == Phase::kStoring;
  const bool evicted = std::exchange(eviction, false);
  try {
    call.ready();
    if (storing) frozen = std::move(rows->handle);
  } catch (const std::exception& error) {
    if (evicted) throw_not_written(options, error);
    failure = std::current_exception();
  }
  phase = rows->written ? Phase::kIdle : Phase::kUnwritten;
  if (!rows->written) return;
  give_back_rows();
  rows.reset();
}

/// They are in the cold store, though their checkpoint may not be complete.
void KeyedState::Impl::give_back_rows() {
  // A row that was read before it ended is no longer known to have ended.
  if (reads && buffer.any_ends()) reads->forget();
  buffer.recycle(std::exchange(rows->rows, {}));
  share.drained();
  if (!options.memory) return;
  buffer.shrink();
  expected_rows = 0;
}

// ---- Memory -------------------------------------------------------------------------------------------------------

bool KeyedState::evicting(NextEviction next) {
  Impl& self = *impl_;
  self.barrier_waits = next == NextEviction::kWaits;
  return self.eviction;
}

bool KeyedState::full() const { return impl_->is_full; }

ColdReads* KeyedState::reads() { return impl_->reads && !impl_->retired ? &*impl_->reads : nullptr; }

bool KeyedState::limited() const { return impl_->options.memory.has_value(); }

std::size_t KeyedState::scratch_bytes() const {
  return impl_->options.memory ? *impl_->options.memory / 8 : std::numeric_limits<std::size_t>::max();
}

/// Nothing that was written is on its way.
bool KeyedState::Impl::may_evict() const {
  return phase == Phase::kIdle || (phase == Phase::kStoring && rows->written.load(std::memory_order_acquire));
}

std::size_t KeyedState::Impl::held_in_tables() const {
  std::size_t held = 0;
  for (const Registered& state : states) held += state.section->memory().bytes;
  return held;
}

std::size_t KeyedState::Impl::held_on_the_way() const {
  if (rows == nullptr) return buffer.memory_bytes();
  const DrainedRows& taken = rows->rows;
  return buffer.memory_bytes() + (options.memory ? taken.sparing_bytes() : taken.memory_bytes() + taken.sorted_bytes());
}

/// What rows of all that has changed would take.
std::size_t KeyedState::Impl::changed_bytes() const {
  std::size_t bytes = buffer.erased() * DrainedRows::sparing_row_overhead();
  for (const Registered& state : states) {
    const StateSection::Memory memory = state.section->memory();
    bytes += memory.changed * (memory.row_bytes + DrainedRows::sparing_row_overhead());
  }
  return bytes;
}

MemoryFacts KeyedState::Impl::facts() const {
  MemoryFacts facts;
  facts.share = *options.memory;
  const std::size_t to_write = changed_bytes();
  // Rows that end take memory from then on, and only a drain ends that.
  facts.changed_bytes = to_write + buffer.erased_bytes();
  // Room for rows that are still to be written down is taken already.
  facts.held = held_in_tables() + std::max(held_on_the_way(), expected_rows) + to_write;
  facts.drain_under_way = phase != Phase::kIdle;
  facts.may_evict = may_evict();
  return facts;
}

/// Whether there is more to do at once.
bool KeyedState::Impl::keep_share() {
  const MemoryFacts now = facts();
  bool more = false;
  switch (share.decide(now)) {
    case MemoryStep::kNothing:
      break;
    case MemoryStep::kEvict:
      more = true;
      if (!evict()) share.round_ended(facts().held);
      break;
    case MemoryStep::kDrain:
      if (barrier_waits) break;
      eviction = more = true;
      ++evictions;
      freeze();
      break;
  }
  // What an earlier drain could not write is in the way of everything.
  if (now.held > now.share && phase == Phase::kUnwritten) {
    eviction = true;
    retry();
  }
  is_full = now.held > now.share && (more || phase == Phase::kEncoding || call.under_way());
  return more;
}

/// False: all tables were looked at.
bool KeyedState::Impl::evict() {
  reads->forget();
  const MonotonicTime until = options.host->monotonic_now() + kEvictionSlice;
  for (std::size_t pieces = 0; pieces < kEvictionPieces && options.host->monotonic_now() < until; ++pieces) {
    if (evicting_section == states.size()) {
      evicting_section = 0;
      return false;
    }
    if (!states[evicting_section].section->evict()) ++evicting_section;
  }
  return true;
}

KeyedState::MemoryUse KeyedState::memory_use() const {
  const Impl& self = *impl_;
  MemoryUse use;
  use.share = self.options.memory.value_or(0);
  use.bytes = self.held_in_tables() + self.held_on_the_way();
  for (const Registered& state : self.states) {
    const StateSection::Memory memory = state.section->memory();
    const std::size_t all = state.section->entries();
    const std::size_t cold = all > memory.entries ? all - memory.entries : 0;
    use.entries += memory.entries;
    use.entries_cold += cold;
    use.states.push_back({state.info.name, memory.bytes, memory.entries, cold});
  }
  use.evictions = self.evictions;
  if (self.reads) {
    use.rows_ahead = self.reads->counts().rows_ahead;
    use.rows_at_once = self.reads->counts().rows_at_once;
  }
  return use;
}

std::exception_ptr KeyedState::take_failure() { return std::exchange(impl_->failure, nullptr); }

std::optional<StateHandle> KeyedState::take_frozen() { return std::exchange(impl_->frozen, std::nullopt); }

}  // namespace weir::state
