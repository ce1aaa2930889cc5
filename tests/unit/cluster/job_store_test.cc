#include "weir/cluster/job_store.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

namespace weir::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class JobStoreTest : public testing::Test {
 protected:
  /// In a place where files may be touched.
  void blocking(const std::function<void(JobStore&)>& work) {
    bool done = false;
    std::exception_ptr failure;
    world_.blocking(
        [&] {
          JobStore store(world_.files(), "/jobs");
          work(store);
        },
        [&](std::exception_ptr error) {
          failure = std::move(error);
          done = true;
        });
    world_.run_until([&] { return done; });
    if (failure) std::rethrow_exception(failure);
  }

  std::vector<JobFacts> load() {
    std::vector<JobFacts> facts;
    blocking([&](JobStore& store) { facts = store.load(problems_); });
    return facts;
  }

  static StoredJob job(const std::string& id, std::int64_t submitted_ms) {
    StoredJob job;
    job.id = id;
    job.command = {"/program", {"--a", "\xff"}, "/directory", {{"NAME", "value"}}};
    job.submitted_ms = submitted_ms;
    job.plan.status.name = "word count";
    return job;
  }

  sim::World world_{1};
  std::vector<std::string> problems_;
};

TEST_F(JobStoreTest, ReadsWhatWasWritten) {
  blocking([](JobStore& store) {
    store.add(job("b", 1));
    store.add(job("a", 2));
    store.started("a", 1, {{"first", 1}});
    store.over("a", 1);
    store.started("a", 2, {{"second", 2}, {"fourth", 1}});
    store.started("b", 1, {{"third", 1}});
    store.over("b", 1);
    store.cancelled("b");
    store.cancelled("b");
    store.ended("b", "status");
  });
  const auto facts = load();
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_TRUE(facts[0].cancelled);
  EXPECT_FALSE(facts[1].cancelled);
  EXPECT_EQ(facts[0].job.id, "b");
  EXPECT_TRUE(facts[0].over);
  EXPECT_EQ(facts[0].end, "status");
  EXPECT_EQ(facts[1].job.id, "a");
  EXPECT_EQ(facts[1].attempt, 2U);
  EXPECT_EQ(facts[1].places, (std::vector<JobPlace>{{"second", 2}, {"fourth", 1}}));
  EXPECT_FALSE(facts[1].over);
  EXPECT_EQ(facts[1].end, std::nullopt);
  const ProgramCommand& command = facts[1].job.command;
  EXPECT_EQ(command.program + command.directory, "/program/directory");
  EXPECT_THAT(command.arguments, ElementsAre("--a", "\xff"));
  EXPECT_THAT(command.variables, ElementsAre(std::pair<std::string, std::string>("NAME", "value")));
  EXPECT_EQ(facts[1].job.plan.status.name, "word count");
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(JobStoreTest, KeepsWhatItHasWrittenWhenThePowerIsLost) {
  blocking([](JobStore& store) {
    store.add(job("a", 1));
    store.started("a", 1, {{"node", 1}});
  });
  world_.lose_power();
  world_.start_process();
  const auto facts = load();
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].attempt, 1U);
}

TEST(JobStoreDirectory, OutlivesALossOfPowerWithTheFirstJobInIt) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    sim::World world(seed);
    std::vector<std::string> problems;
    std::size_t jobs = 0;
    const auto run = [&](const std::function<void(JobStore&)>& work) {
      bool done = false;
      world.blocking(
          [&] {
            JobStore store(world.files(), "/cluster/state/jobs");
            jobs = store.load(problems).size();
            work(store);
          },
          [&](const std::exception_ptr&) { done = true; });
      world.run_until([&] { return done; });
    };
    run([](JobStore& store) {
      StoredJob job;
      job.id = "a";
      store.add(job);
    });
    world.lose_power();
    world.start_process();
    run([](JobStore&) {});
    ASSERT_EQ(jobs, 1U) << "seed " << seed;
  }
}

TEST_F(JobStoreTest, LeavesOutWhatIsDamagedAndNamesIt) {
  blocking([this](JobStore& store) {
    store.add(job("a", 1));
    store.add(job("b", 2));
    world_.files().remove("/jobs/a/submitted");
    world_.files().create("/jobs/a/submitted")->append("damage");
  });
  const auto facts = load();
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].job.id, "b");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("/jobs/a/submitted")));
}

TEST_F(JobStoreTest, KnowsNothingOfAJobThatWasNotWrittenWhole) {
  blocking([this](JobStore&) {
    world_.files().make_directories("/jobs/a");
    world_.files().create("/jobs/a/submitted.new")->append("half");
  });
  EXPECT_THAT(load(), IsEmpty());
  EXPECT_THAT(problems_, IsEmpty());
  blocking([](JobStore& store) { store.add(job("a", 1)); });
  EXPECT_EQ(load().size(), 1U);
}

TEST_F(JobStoreTest, ForgetsAJobThatIsRemoved) {
  blocking([](JobStore& store) {
    store.add(job("a", 1));
    store.started("a", 1, {{"node", 1}});
    store.ended("a", "status");
    store.remove("a");
  });
  EXPECT_THAT(load(), IsEmpty());
}

}  // namespace
}  // namespace weir::cluster
