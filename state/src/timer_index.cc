#include "weir/state/timer_index.h"

#include <algorithm>
#include <utility>

#include "weir/core/check.h"

namespace weir::state {

namespace {

/// Timers of a block, unless they are all of one time.
constexpr std::size_t kMost = 1024;

/// So many of one time have a block of their own: it is never sorted.
constexpr std::size_t kOfOneTime = kMost / 2;

/// Fewer that have ended are not worth looking for.
constexpr std::size_t kFewEnded = 64;

constexpr auto later = [](const TimerIndex::Timer& a, const TimerIndex::Timer& b) { return a.time > b.time; };

}  // namespace

bool TimerIndex::Block::has_many_ended() const { return ended > kFewEnded && ended > live(); }

void TimerIndex::Block::find_times() {
  const auto [first, last] =
      std::minmax_element(timers.begin(), timers.end(), [](const Timer& a, const Timer& b) { return a.time < b.time; });
  earliest = first == timers.end() ? Timestamp::max() : first->time;
  latest = last == timers.end() ? Timestamp::min() : last->time;
}

template <class F>
void TimerIndex::change(Block& block, F&& f) {
  size_ -= block.timers.size();
  places_ -= block.timers.capacity();
  f();
  size_ += block.timers.size();
  places_ += block.timers.capacity();
}

TimerIndex::Place TimerIndex::place_of(Timestamp time) {
  if (blocks_.empty()) return blocks_.try_emplace(Timestamp::min()).first;
  const Place after = blocks_.upper_bound(time);
  return after == blocks_.begin() ? after : std::prev(after);
}

void TimerIndex::add(Timer timer) {
  Place place = place_of(timer.time);
  if (place->second.timers.size() >= kOfOneTime && place->second.of_one_time() && timer.time != place->second.latest)
    place = make_beside(place, timer.time);
  Block& block = place->second;
  change(block, [&] { block.timers.push_back(timer); });
  block.earliest = std::min(block.earliest, timer.time);
  block.latest = std::max(block.latest, timer.time);
  if (place == blocks_.begin() && first_is_heap_) std::push_heap(block.timers.begin(), block.timers.end(), later);
  if (block.timers.size() > kMost && !block.of_one_time()) split(place);
}

/// An empty block for timers at a side of a block of one time.
TimerIndex::Place TimerIndex::make_beside(Place block, Timestamp time) {
  if (time > block->second.latest) return blocks_.try_emplace(std::next(block), time);
  const Timestamp begin = block->first;
  if (block == blocks_.begin()) first_is_heap_ = false;
  auto node = blocks_.extract(block);
  node.key() = node.mapped().earliest;
  return blocks_.try_emplace(blocks_.insert(std::move(node)).position, begin);
}

/// The later half of a block becomes one of its own, or what is not of the time that most of it have.
void TimerIndex::split(Place place) {
  Block& block = place->second;
  if (block.ended > 0) return tidy(place);
  block.find_times();
  if (block.of_one_time()) return;
  std::vector<Timer>& timers = block.timers;
  const auto middle = timers.begin() + static_cast<std::ptrdiff_t>(timers.size() / 2);
  std::nth_element(timers.begin(), middle, timers.end());
  Timestamp from = middle->time;
  if (block.earliest == from) from += Duration{1};
  const auto rest =
      std::partition(timers.begin(), timers.end(), [from](const Timer& each) { return each.time < from; });
  Block& later_half = blocks_.try_emplace(std::next(place), from)->second;
  change(later_half, [&] { later_half.timers.assign(rest, timers.end()); });
  change(block, [&] { timers.erase(rest, timers.end()); });
  block.find_times();
  later_half.find_times();
  if (place == blocks_.begin()) first_is_heap_ = false;
}

void TimerIndex::ended(Timestamp time) {
  WEIR_CHECK(!blocks_.empty());
  const Place place = place_of(time);
  Block& block = place->second;
  ++block.ended;
  if (block.live() == 0) {
    drop(place);
  } else if (block.has_many_ended() && (untidy_.empty() || untidy_.back() != place->first)) {
    untidy_.push_back(place->first);
  }
}

void TimerIndex::tidy() {
  for (const Timestamp time : std::exchange(untidy_, {})) {
    if (blocks_.empty()) return;
    const Place place = place_of(time);
    if (place->second.has_many_ended()) tidy(place);
  }
}

void TimerIndex::tidy(Place place) {
  Block& block = place->second;
  std::vector<Timer> all = block.timers;
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<Timer> live;
  live.reserve(block.live());
  for (const Timer& timer : all) live.insert(live.end(), entries_.entries_of(timer), timer);
  change(block, [&] { block.timers = std::move(live); });
  block.ended = 0;
  if (place == blocks_.begin()) first_is_heap_ = false;
  if (block.timers.empty()) return drop(place);
  block.find_times();
  join_with_next(place);
}

void TimerIndex::join_with_next(Place place) {
  const Place next = std::next(place);
  if (next == blocks_.end()) return;
  Block& block = place->second;
  const Block& other = next->second;
  if (block.timers.size() + other.timers.size() > kOfOneTime) return;
  change(block, [&] { block.timers.insert(block.timers.end(), other.timers.begin(), other.timers.end()); });
  block.ended += other.ended;
  block.find_times();
  drop(next);
}

void TimerIndex::drop(Place place) {
  size_ -= place->second.timers.size();
  places_ -= place->second.timers.capacity();
  const bool was_first = place == blocks_.begin();
  blocks_.erase(place);
  if (!was_first) return;
  first_is_heap_ = false;
  if (blocks_.empty()) return;
  auto first = blocks_.extract(blocks_.begin());
  first.key() = Timestamp::min();
  blocks_.insert(blocks_.begin(), std::move(first));
}

std::optional<TimerIndex::Timer> TimerIndex::first() {
  while (!blocks_.empty()) {
    Block& block = blocks_.begin()->second;
    if (block.of_one_time()) {
      // In any order, the last is as good as any.
      if (block.ended == 0 || entries_.entries_of(block.timers.back()) > 0) return block.timers.back();
    } else {
      if (!std::exchange(first_is_heap_, true)) std::make_heap(block.timers.begin(), block.timers.end(), later);
      if (block.ended == 0 || entries_.entries_of(block.timers.front()) > 0) return block.timers.front();
    }
    --block.ended;
    take_top();
  }
  return std::nullopt;
}

void TimerIndex::take_first() {
  WEIR_CHECK(!blocks_.empty());
  take_top();
}

void TimerIndex::take_top() {
  Block& block = blocks_.begin()->second;
  if (!block.of_one_time()) std::pop_heap(block.timers.begin(), block.timers.end(), later);
  block.timers.pop_back();
  --size_;
  if (block.live() == 0) drop(blocks_.begin());
}

std::size_t TimerIndex::memory_bytes() const {
  // A node of the tree, and what the allocator keeps with it and with its timers.
  constexpr std::size_t kBlockBytes = sizeof(Blocks::value_type) + 5 * sizeof(void*) + 16;
  return blocks_.size() * kBlockBytes + places_ * sizeof(Timer);
}

}  // namespace weir::state
