// State of ten times the memory: a count for each key, updated once a record. Weir, with its tables above RocksDB,
// against the classic design that gets and puts a row in RocksDB for each record, with the same memory and settings.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "weir/core/check.h"
#include "weir/core/sink.h"
#include "weir/host/real_host.h"
#include "weir/host/temporary_directory.h"
#include "weir/runtime/local_job.h"
#include "weir/runtime/memory_plan.h"
#include "weir/state/rocksdb_stores.h"
#include "weir/weir.h"

#include "benchmarks/checkpointed.h"
#include "benchmarks/flags.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {
namespace {

struct Setting {
  std::size_t memory = 0;
  std::uint64_t keys = 0;
  std::uint64_t updates = 0;
  double hot_share = 0;  ///< of the updates go to the hot keys
  std::uint64_t hot_keys = 0;

  /// Updates that do not count: until then hot keys come into memory, each a miss.
  std::uint64_t warm_up() const { return hot_keys * 10; }
  std::uint64_t first_counted() const { return keys + warm_up(); }
  std::uint64_t records() const { return first_counted() + updates; }
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Every key once, then updates. The same in both designs.
std::uint64_t key_at(const Setting& setting, std::uint64_t index) {
  if (index < setting.keys) return index;
  const std::uint64_t random = mix(index);
  const bool hot = static_cast<double>(random >> 40) < setting.hot_share * static_cast<double>(1 << 24);
  return mix(random) % (hot ? setting.hot_keys : setting.keys);
}

/// CPU of the updates that count, in microseconds a record; all threads count.
class UpdatesCost {
 public:
  explicit UpdatesCost(const Setting& setting) : setting_(setting) {}
  void seen(std::uint64_t index) {
    if (index == setting_.first_counted()) begin_ = cpu_seconds();
    if (index + 1 == setting_.records()) end_ = cpu_seconds();
  }
  double micros() const { return (end_ - begin_) * 1e6 / static_cast<double>(setting_.updates); }

 private:
  const Setting setting_;
  double begin_ = 0;
  double end_ = 0;
};

// ---- The classic design.

double classic(const Setting& setting) {
  host::TemporaryDirectory directory;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = setting.memory / 8;
  options.max_write_buffer_number = 2;
  options.max_background_jobs = 1;
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  // Small files and few shards, as Weir has them: a filter that fits no shard of the cache would be read for each get.
  options.target_file_size_base = std::max<std::uint64_t>(setting.memory / 32, 1 << 20);
  table.block_cache = rocksdb::NewLRUCache(setting.memory / 4 * 3, 2, /*strict_capacity_limit=*/false, 0.6);
  table.optimize_filters_for_memory = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* opened = nullptr;
  WEIR_CHECK(rocksdb::DB::Open(options, directory.path() + "/db", &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  UpdatesCost cost(setting);
  std::string value;
  for (std::uint64_t index = 0; index < setting.records(); ++index) {
    const std::uint64_t key = __builtin_bswap64(mix(key_at(setting, index)));
    const rocksdb::Slice row(reinterpret_cast<const char*>(&key), sizeof(key));
    std::uint64_t count = 0;
    // At first every key is new: no need to ask.
    if (index >= setting.keys) {
      const rocksdb::Status found = db->Get({}, row, &value);
      WEIR_CHECK(found.ok(), found.ToString());
      std::memcpy(&count, value.data(), sizeof(count));
    }
    ++count;
    WEIR_CHECK(db->Put(unlogged, row, {reinterpret_cast<const char*>(&count), sizeof(count)}).ok());
    cost.seen(index);
  }
  return cost.micros();
}

// ---- Weir.

struct Update {
  std::uint64_t index;
  std::uint64_t key;
};

class DiscardSink final : public Sink {
 public:
  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<Writer>(); }

 private:
  class Writer final : public SinkWriter {
   public:
    void open(const OperatorContext&) override {}
    Progress write(BatchBase& batch, std::size_t) override { return {batch.size(), Stop::kDone}; }
  };
};

struct Counter {
  std::shared_ptr<UpdatesCost> cost;
  ValueState<std::uint64_t, std::uint64_t> count{"count"};

  void open(ProcessOpening<std::uint64_t>& opening) { opening.keep(count); }
  void process_element(const Update& update, ProcessContext<std::uint64_t>&, Out<std::uint64_t>& out) {
    if (++count->update() == 0) out.emit(update.key);
    cost->seen(update.index);
  }
};

double weir(const Setting& setting) {
  const auto cost = std::make_shared<UpdatesCost>(setting);
  Environment env(Arguments(std::vector<std::string>{}));
  env.generate({.count = setting.records()},
               [setting](std::uint64_t index) { return Update{index, key_at(setting, index)}; })
      .name("Updates")
      .key_by(&Update::key)
      .process(Counter{cost})
      .name("Counts")
      .sink_to(std::make_shared<DiscardSink>(), "Nothing");
  std::promise<runtime::JobResult> ended;
  host::TemporaryDirectory directory;  // before the host, whose helpers still remove files in it
  host::RealHost host;
  runtime::JobOptions options;
  take_checkpoints(options, directory.path(), Duration(10'000));
  options.memory = setting.memory;
  state::RocksDbOptions below;
  below.memory = runtime::cold_store_memory(setting.memory);
  options.cold_stores = [below](Host& at, const std::string& path) {
    return state::make_rocksdb_stores(at, path, below);
  };
  runtime::LocalJob job(host, env.take_graph(), options,
                        [&](runtime::JobResult result) { ended.set_value(std::move(result)); });
  job.start();
  const runtime::JobResult result = ended.get_future().get();
  WEIR_CHECK(result.state == runtime::JobResult::State::kFinished, result.message);
  return cost->micros();
}

///   spilled_state [--rounds N] [--memory MB] [--updates N]
int spilled_state(int argc, char** argv) {
  Setting setting;
  std::int64_t rounds = 3;
  std::int64_t memory_mb = 16;
  std::int64_t updates = 1'000'000;
  const Flag flags[] = {
      {"--rounds", &rounds, 1, 1'000}, {"--memory", &memory_mb, 8, 100'000}, {"--updates", &updates, 1'000}};
  parse_flags(argc, argv, flags);
  setting.memory = static_cast<std::size_t>(memory_mb) * 1'000'000;
  // A table takes 60 to 76 bytes a key, and has three quarters of the memory.
  setting.keys = setting.memory / 80 * 10;
  setting.hot_keys = setting.keys / 40;
  setting.updates = static_cast<std::uint64_t>(updates);
  fmt::print("spilled_state: {} MB of memory, {} keys, {} updates, rounds {}; CPU of all threads in us a record\n",
             memory_mb, setting.keys, setting.updates, rounds);
  for (const double hot : {0.9, 0.0}) {
    setting.hot_share = hot;
    std::vector<double> ours;
    std::vector<double> theirs;
    for (std::int64_t round = 0; round < rounds; ++round) {
      ours.push_back(weir(setting));
      theirs.push_back(classic(setting));
    }
    fmt::print("{}: Weir {:.2f}, a get and a put {:.2f}: {:.1f} times\n",
               hot > 0 ? "90 % of the updates to a fortieth of the keys" : "uniform", median(ours), median(theirs),
               median(theirs) / median(ours));
  }
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::spilled_state, argc, argv); }
