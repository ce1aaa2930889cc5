// The keyed table against a table written by hand and against a good generic one: what an update of a count costs, how
// long a single insert can stop its thread while the table grows, and what a key takes in memory.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/state/table.h"

namespace weir::benchmarks {
namespace {

constexpr std::size_t kBatch = 1024;
constexpr int kRounds = 5;
constexpr std::uint64_t kUpdates = 4'000'000;

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Keys and their hashes, as a keyed operator receives them.
struct Keys {
  std::uint64_t keys[kBatch];
  std::uint64_t hashes[kBatch];
};

/// One open-addressing array, linear probing, at most half full; a count of 0 marks an empty slot, the key is hashed
/// again when the array doubles.
class ByHand {
 public:
  void add(std::uint64_t key, std::uint64_t hash) {
    std::size_t i = hash & mask_;
    while (slots_[i].count != 0) {
      if (slots_[i].key == key) {
        ++slots_[i].count;
        return;
      }
      i = (i + 1) & mask_;
    }
    slots_[i] = {key, 1};
    if (++size_ * 2 > mask_) grow();
  }
  void add(const Keys& batch) {
    for (std::size_t i = 0; i < kBatch; ++i) add(batch.keys[i], batch.hashes[i]);
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const Slot& slot : slots_) sum += mix(slot.key) * slot.count;
    return sum;
  }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint64_t count = 0;
  };

  [[gnu::noinline]] void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.count == 0) continue;
      std::size_t i = mix(slot.key) & mask_;
      while (slots_[i].count != 0) i = (i + 1) & mask_;
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(16);
  std::size_t mask_ = 15;
  std::size_t size_ = 0;
};

struct Prehashed {
  std::uint64_t key;
  std::uint64_t hash;
  friend bool operator==(const Prehashed& a, const Prehashed& b) { return a.key == b.key; }
};

/// Uses the hashes it is given. Boost mixes a hash again unless it is told that this is not needed.
struct UseHash {
  using is_avalanching = void;
  std::size_t operator()(const Prehashed& key) const { return key.hash; }
};

class Boost {
 public:
  void add(std::uint64_t key, std::uint64_t hash) { ++map_[{key, hash}]; }
  void add(const Keys& batch) {
    for (std::size_t i = 0; i < kBatch; ++i) add(batch.keys[i], batch.hashes[i]);
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& [key, count] : map_) sum += mix(key.key) * count;
    return sum;
  }
  std::size_t size() const { return map_.size(); }
  /// Groups of 15 slots with 16 bytes of marks.
  std::size_t bytes() const { return map_.bucket_count() * sizeof(*map_.begin()) + map_.bucket_count() / 15 * 16; }

 private:
  boost::unordered_flat_map<Prehashed, std::uint64_t, UseHash> map_;
};

class Weir {
 public:
  void add(std::uint64_t key, std::uint64_t hash) { ++*table_.find_or_insert(hash, key).first; }
  void add(const Keys& batch) {
    for (std::size_t i = 0; i < kBatch; ++i) add(batch.keys[i], batch.hashes[i]);
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    table_.for_each([&sum](std::uint64_t key, std::uint64_t count, std::uint64_t) { sum += mix(key) * count; });
    return sum;
  }
  std::size_t size() const { return table_.size(); }
  std::size_t bytes() const { return table_.memory_bytes(); }

 private:
  state::Table<std::uint64_t, std::uint64_t> table_;
};

/// CPU time of this thread: other processes do not count.
double now_ns() {
  timespec now{};
  WEIR_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// A table of `keys` keys under measurement.
class Subject {
 public:
  virtual ~Subject() = default;
  /// Inserts every key once into a new table; returns the longest single insert in ns.
  virtual double grow(std::uint64_t keys) = 0;
  /// Adds 1 to random keys; returns ns per update. The same seed makes the same updates.
  virtual double update(std::uint64_t keys, std::uint64_t seed) = 0;
  virtual std::uint64_t total() const = 0;
  virtual double bytes_per_key() const = 0;
};

template <class T>
class SubjectOf final : public Subject {
 public:
  double grow(std::uint64_t keys) override {
    table_ = std::make_unique<T>();
    double longest = 0;
    double before = now_ns();
    for (std::uint64_t key = 0; key < keys; ++key) {
      table_->add(key, mix(key));
      const double after = now_ns();
      longest = std::max(longest, after - before);
      before = after;
    }
    WEIR_CHECK(table_->size() == keys, table_->size(), keys);
    return longest;
  }

  double update(std::uint64_t keys, std::uint64_t seed) override {
    Keys batch;
    double spent = 0;
    for (std::uint64_t done = 0; done < kUpdates; done += kBatch) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        batch.keys[i] = mix(++seed) % keys;
        batch.hashes[i] = mix(batch.keys[i]);
      }
      const double before = now_ns();
      table_->add(batch);
      spent += now_ns() - before;
    }
    return spent / kUpdates;
  }

  std::uint64_t total() const override { return table_->total(); }
  double bytes_per_key() const override {
    return static_cast<double>(table_->bytes()) / static_cast<double>(table_->size());
  }

 private:
  std::unique_ptr<T> table_;
};

struct Row {
  std::string name;
  std::function<std::unique_ptr<Subject>()> make;
  std::unique_ptr<Subject> subject;
  std::vector<double> update_ns;
  double pause_ns = 0;
};

template <class T>
Row row(const char* name) {
  return {name, [] { return std::make_unique<SubjectOf<T>>(); }, nullptr, {}, 0};
}

/// Other processes can only lengthen a pause: the shortest of some runs' longest inserts is the table's own.
void measure_pause(Row& subject, std::uint64_t keys, int runs) {
  subject.subject = subject.make();
  for (int run = 0; run < runs; ++run) {
    const double longest = subject.subject->grow(keys);
    subject.pause_ns = run == 0 ? longest : std::min(subject.pause_ns, longest);
  }
}

void compare(std::uint64_t keys) {
  std::vector<Row> rows;
  rows.push_back(row<ByHand>("by hand"));
  rows.push_back(row<Boost>("boost flat map"));
  rows.push_back(row<Weir>("weir"));
  for (Row& subject : rows) measure_pause(subject, keys, keys > 1'000'000 ? 3 : 5);
  for (int round = 0; round <= kRounds; ++round) {
    for (Row& subject : rows) {
      const double ns = subject.subject->update(keys, static_cast<std::uint64_t>(round) << 32);
      if (round > 0) subject.update_ns.push_back(ns);  // the first warms up
    }
  }
  const double reference = median(rows[0].update_ns);
  for (const Row& subject : rows) {
    WEIR_CHECK(subject.subject->total() == rows[0].subject->total(), subject.name, keys);
    const double ns = median(subject.update_ns);
    fmt::print("{:>10}  {:<20}{:>10.2f}{:>8.2f}{:>14.3f}{:>12.1f}\n", keys, subject.name, ns, ns / reference,
               subject.pause_ns / 1e6, subject.subject->bytes_per_key());
  }
  fmt::print("\n");
  std::fflush(stdout);
}

}  // namespace
}  // namespace weir::benchmarks

int main() {
  fmt::print("state_table: counts of 64-bit keys drawn evenly; batches of {}, medians of {} rounds of {} updates\n\n",
             weir::benchmarks::kBatch, weir::benchmarks::kRounds, weir::benchmarks::kUpdates);
  fmt::print("{:>10}  {:<20}{:>10}{:>8}{:>14}{:>12}\n", "keys", "table", "ns/update", "ratio", "longest", "bytes");
  fmt::print("{:>10}  {:<20}{:>10}{:>8}{:>14}{:>12}\n", "", "", "", "", "insert, ms", "per key");
  for (const std::uint64_t keys : {1'000, 100'000, 1'000'000, 10'000'000}) weir::benchmarks::compare(keys);
  return 0;
}
