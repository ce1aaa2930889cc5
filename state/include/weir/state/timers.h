#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weir/core/hash.h"
#include "weir/core/time.h"
#include "weir/state/current_key.h"
#include "weir/state/entry_key.h"
#include "weir/state/keyed_state.h"
#include "weir/state/keyed_table.h"
#include "weir/state/state_declaration.h"

namespace weir::state {

/// Times at which keys want to be called, in event time or in processing time: one object for each.
///
/// A key has at most one timer for a time. The timers of a time lie together, so that setting one costs the same
/// however many there are. Thread: task thread only.
template <class K>
class Timers final : private KeyedTable<SubKey<K, Timestamp>, std::monostate> {
 public:
  /// Requires: `key` lives as long as this.
  explicit Timers(const CurrentKey<K>& key) : key_(key) {}

  /// In the operator's open(); without it the timers are lost with the operator. Requires: this lives as long as
  /// `state`.
  void open(KeyedState& state, std::string name) { state.add(declare_timers<K>(std::move(name)), *this); }

  /// Sets a timer of the current key. False: it is set already.
  bool set(Timestamp time) {
    const std::uint64_t hash = hash_of(time);
    if (!this->table().find_or_insert(hash, View<KeyView>{key_.key(), time}).second) return false;
    bucket(time).hashes.push_back(hash);
    return true;
  }

  /// Takes back a timer of the current key. False: there is none.
  bool cancel(Timestamp time) {
    if (!this->table().erase(hash_of(time), View<KeyView>{key_.key(), time})) return false;
    const auto found = buckets_.find(time);
    Bucket& bucket = found->second;
    ++bucket.stale;
    if (bucket.live() == 0) {
      drop(found);
    } else if (bucket.stale > kFewStale && bucket.stale > bucket.live()) {
      tidy(time, bucket);
    }
    return true;
  }

  /// The time of the earliest timer.
  std::optional<Timestamp> first() const {
    return buckets_.empty() ? std::nullopt : std::optional(buckets_.begin()->first);
  }

  /// Takes the earliest timer off, if it is at or before `now`, and gives its key and time. False: there is none.
  /// Timers of one time come in no order that means anything. `key` keeps its capacity.
  bool take_due(Timestamp now, K& key, Timestamp& time) {
    while (!buckets_.empty() && buckets_.begin()->first <= now) {
      const auto earliest = buckets_.begin();
      Bucket& bucket = earliest->second;
      time = earliest->first;
      const std::uint64_t hash = bucket.hashes.back();
      bucket.hashes.pop_back();
      Found found{time};
      const bool live = std::as_const(this->table()).find(hash, found) != nullptr;
      if (live) {
        key = *found.key;
        this->table().erase(hash, View<K>{key, time});
      } else {
        --bucket.stale;
      }
      if (bucket.live() == 0) drop(earliest);
      if (live) return true;
    }
    return false;
  }

  /// Timers that are set.
  std::size_t size() const { return this->table().size(); }

  /// What the index holds: the timers, and some that were taken back.
  std::size_t index_entries() const {
    std::size_t entries = 0;
    for (const auto& [time, bucket] : buckets_) entries += bucket.hashes.size();
    return entries;
  }

 private:
  using Entry = SubKey<K, Timestamp>;
  using KeyView = typename CurrentKey<K>::View;

  /// The timers of one time, by the hashes of their entries. Those that were taken back stay until there are many.
  struct Bucket {
    std::vector<std::uint64_t> hashes;
    std::size_t stale = 0;  ///< hashes without an entry, or beyond as many as there are entries

    std::size_t live() const { return hashes.size() - stale; }
  };
  using Buckets = std::map<Timestamp, Bucket>;

  static constexpr std::size_t kFewStale = 64;

  /// Looks up by the hash and the time alone, and notes the key.
  struct Found {
    Timestamp time;
    mutable const K* key = nullptr;

    friend bool operator==(const Entry& entry, const Found& found) {
      if (entry.sub != found.time) return false;
      found.key = &entry.key;
      return true;
    }
  };

  /// Finds nothing, but counts the entries with a hash and a time.
  struct Count {
    Timestamp time;
    mutable std::size_t entries = 0;

    friend bool operator==(const Entry& entry, const Count& count) {
      if (entry.sub == count.time) ++count.entries;
      return false;
    }
  };

  template <class Key>
  using View = typename Entry::template View<Key, Timestamp>;

  std::uint64_t hash_of(Timestamp time) const { return Entry::hash(key_.hash(), hash_key(time)); }

  Bucket& bucket(Timestamp time) { return buckets_[time]; }

  void drop(typename Buckets::iterator bucket) { buckets_.erase(bucket); }

  void tidy(Timestamp time, Bucket& bucket) {
    std::vector<std::uint64_t>& hashes = bucket.hashes;
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    std::vector<std::uint64_t> live;
    for (const std::uint64_t hash : hashes) {
      const Count count{time};
      std::as_const(this->table()).find(hash, count);
      live.insert(live.end(), count.entries, hash);
    }
    bucket = {std::move(live), 0};
  }

  void loaded(const Entry& entry, std::uint64_t hash) override { bucket(entry.sub).hashes.push_back(hash); }

  const CurrentKey<K>& key_;
  Buckets buckets_;  ///< none without a live timer
};

}  // namespace weir::state
