#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "busy_program.h"

namespace weir::sim {
namespace {

struct Record {
  std::uint64_t hash;
  std::uint64_t events;
  std::int64_t time;
  std::string log;
  std::vector<std::string> disk;

  friend bool operator==(const Record&, const Record&) = default;
};

Record run(std::uint64_t seed) {
  World world(seed);
  Record run;
  {
    BusyProgram program(world);
    world.run_until([&] { return program.done(); });
    run.log = program.log();
  }
  world.lose_power();
  run.hash = world.trace_hash();
  run.events = world.events();
  run.time = world.now().time_since_epoch().count();
  for (const std::string& path : world.disk().list_recursive("/"))
    run.disk.push_back(path + "=" + world.disk().read_file(path));
  return run;
}

TEST(World, GivesTheSameRunForTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Record first = run(seed);
    const Record second = run(seed);
    EXPECT_EQ(first, second) << "seed " << seed;
    EXPECT_GT(first.events, 200u);
  }
}

TEST(World, GivesAnotherRunForEverySeed) {
  std::set<std::uint64_t> hashes;
  std::set<std::string> logs;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Record one = run(seed);
    hashes.insert(one.hash);
    logs.insert(one.log);
  }
  EXPECT_EQ(hashes.size(), 200u);
  EXPECT_EQ(logs.size(), 200u);
}

TEST(World, HashesEveryEventSoThatOneMoreShows) {
  World one(7);
  World other(7);
  one.post([] {});
  other.post([] {});
  while (one.run_one()) {
  }
  while (other.run_one()) {
  }
  ASSERT_EQ(one.trace_hash(), other.trace_hash());
  one.post([] {});
  while (one.run_one()) {
  }
  EXPECT_NE(one.trace_hash(), other.trace_hash());
  EXPECT_EQ(one.events(), other.events() + 1);
}

TEST(World, ShowsEveryEventToItsObserver) {
  World world(3);
  std::vector<EventKind> kinds;
  MonotonicTime last{};
  world.observe([&](EventKind kind, std::uint64_t, MonotonicTime time) {
    kinds.push_back(kind);
    EXPECT_GE(time, last);
    last = time;
  });
  world.post([] {});
  const auto timer = world.at(world.now() + std::chrono::seconds(1), [] {});
  while (world.run_one()) {
  }
  EXPECT_EQ(kinds, (std::vector{EventKind::kPost, EventKind::kTimer}));
}

}  // namespace
}  // namespace weir::sim
