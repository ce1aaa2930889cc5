#include "weir/state/keyed_state.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "weir/core/blocking_call.h"
#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/state/drain_buffer.h"

#include "frozen_rows.h"
#include "state_import.h"

namespace weir::state {

struct KeyedState::Impl {
  explicit Impl(Options with) : options(std::move(with)), buffer(*options.host, options.slice_rows) {
    call.open(*options.host, options.notifier);
  }

  void encode();
  void end_of_encoding();
  void end_of_call();
  void retry();
  void check_all_registered() const;
  const KeyedStateInfo* expected(const std::string& name) const;
  StateId free_id() const;

  Options options;
  DrainBuffer buffer;
  BlockingCall call;
  std::vector<Registered> states;

  // What is to be brought back.
  std::optional<StateImport::From> restored;
  std::shared_ptr<Wanted> wanted = std::make_shared<Wanted>();

  // The drain at hand.
  enum class Phase { kIdle, kEncoding, kStoring, kUnwritten, kWriting } phase = Phase::kIdle;
  std::size_t next_section = 0;
  std::shared_ptr<FrozenRows> rows;  ///< of the drain at hand, or of one whose rows are not written yet
  std::optional<StateHandle> frozen;
  std::exception_ptr failure;
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

StateId KeyedState::add(std::string name, Sliced sliced, Schema key, Schema value, StateSection& section) {
  Impl& self = *impl_;
  for (const Registered& other : self.states) WEIR_CHECK(other.info.name != name, name);
  KeyedStateInfo info{std::move(name), {}, sliced, std::move(key), std::move(value), Timestamp::min()};
  if (const KeyedStateInfo* stored = self.expected(info.name)) {
    const auto compare = [&](const char* what, const Schema& before, const Schema& now) {
      if (before == now) return;
      throw UserError(fmt::format("operator '{}', state '{}': the {} in the checkpoint have another schema:\n{}",
                                  self.options.operator_name, info.name, what, difference(before, now)));
    };
    compare("keys", stored->key, info.key);
    compare("values", stored->value, info.value);
    if (stored->sliced != info.sliced)
      throw UserError(fmt::format("operator '{}', state '{}': the checkpoint has it {} slices of time, the job {}",
                                  self.options.operator_name, info.name,
                                  stored->sliced == Sliced::kYes ? "in" : "without",
                                  info.sliced == Sliced::kYes ? "in" : "without"));
    info.id = stored->id;
    info.horizon = stored->horizon;
  } else {
    info.id = self.free_id();
  }
  section.attach({info.id, self.options.key_groups, self.options.cold == nullptr ? nullptr : &self.buffer});
  section.set_horizon(info.horizon);
  self.states.push_back({std::move(info), &section});
  return self.states.back().info.id;
}

// ---- Going on from a checkpoint ---------------------------------------------------------------------------------

void KeyedState::expect(std::vector<StateHandle> restored, FetchFiles fetch) {
  Impl& self = *impl_;
  WEIR_CHECK(self.states.empty() && self.options.cold != nullptr);
  const std::string& name = self.options.operator_name;
  StateImport::From from{std::move(restored), {}, {}, std::move(fetch)};
  from.shares = share_handles(from.handles, self.options.range, name);
  from.merged = merge_states(from.handles, from.shares, name);
  self.restored = std::move(from);
}

void KeyedState::Impl::check_all_registered() const {
  for (const KeyedStateInfo& stored : restored->merged) {
    const bool known = std::any_of(states.begin(), states.end(),
                                   [&](const Registered& state) { return state.info.name == stored.name; });
    if (!known)
      throw UserError(fmt::format("operator '{}' has no state '{}' any more, but the checkpoint has it: {}",
                                  options.operator_name, stored.name, to_string(stored.value)));
  }
}

void KeyedState::start_restore() {
  Impl& self = *impl_;
  if (!self.restored) return;
  self.check_all_registered();
  const auto has_files = [&](const HandleShare& share) { return !self.restored->handles[share.handle].files.empty(); };
  if (std::none_of(self.restored->shares.begin(), self.restored->shares.end(), has_files)) return;
  auto import = std::make_shared<StateImport>(self.options, *self.restored, self.states, self.wanted);
  self.call.start([import] { import->run(); });
}

bool KeyedState::restored() {
  Impl& self = *impl_;
  if (!self.restored) return true;
  if (!self.call.ready()) return false;
  self.restored.reset();
  return true;
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
  self.rows = std::make_shared<FrozenRows>();
  self.rows->host = self.options.host;
  self.rows->cold = self.options.cold;
  self.rows->store_files = self.options.store_files;
  self.rows->export_directory = self.options.export_directory;
  self.rows->checkpoint = checkpoint;
  self.rows->handle.range = self.options.range;
  self.buffer.freeze();
  for (Registered& state : self.states) {
    state.section->freeze();
    state.info.horizon = state.section->horizon();
    self.rows->handle.states.push_back(state.info);
    self.rows->handle.entries += state.section->entries();
  }
  self.phase = Impl::Phase::kEncoding;
  self.next_section = 0;
  self.frozen.reset();
  self.failure = nullptr;
  self.options.host->crash_point("checkpoint: frozen");
}

bool KeyedState::work() {
  switch (impl_->phase) {
    case Impl::Phase::kEncoding:
      impl_->encode();
      return impl_->phase == Impl::Phase::kEncoding;
    case Impl::Phase::kStoring:
    case Impl::Phase::kWriting:
      if (impl_->call.ended()) impl_->end_of_call();
      return false;
    case Impl::Phase::kIdle:
    case Impl::Phase::kUnwritten:
      break;
  }
  return false;
}

void KeyedState::Impl::encode() {
  if (next_section == 0) options.host->crash_point("checkpoint: drain begun");
  buffer.begin_slice();
  while (next_section < states.size()) {
    if (!states[next_section].section->encode()) {
      options.host->crash_point("checkpoint: mid-drain");
      return;
    }
    ++next_section;
  }
  end_of_encoding();
}

void KeyedState::Impl::end_of_encoding() {
  rows->rows = buffer.take();
  phase = Phase::kStoring;
  call.start([rows = rows] {
    rows->write();
    rows->store();
  });
}

void KeyedState::Impl::retry() {
  phase = Phase::kWriting;
  call.start([rows = rows] { rows->write(); });
}

void KeyedState::Impl::end_of_call() {
  const bool storing = phase == Phase::kStoring;
  try {
    call.ready();
    if (storing) frozen = std::move(rows->handle);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  phase = rows->written ? Phase::kIdle : Phase::kUnwritten;
  if (!rows->written) return;
  buffer.recycle(std::move(rows->rows));
  rows.reset();
}

std::exception_ptr KeyedState::take_failure() { return std::exchange(impl_->failure, nullptr); }

std::optional<StateHandle> KeyedState::take_frozen() { return std::exchange(impl_->frozen, std::nullopt); }

}  // namespace weir::state
