#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/example_jobs.h"
#include "kit/sim_job.h"

// Windows of processing time, fed by a scripted text server, and wall clocks that jump and stand still.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using sim::close_at;
using sim::send_at;
using testing::ElementsAre;

const Address kServer{"localhost", 9999};
constexpr Timestamp kNoon = timestamp_ms(1'704'110'400'000);  // 2024-01-01 12:00:00

/// A line that was printed, and the second after noon in which it was.
using Printed = std::pair<std::int64_t, std::string>;

/// What the example prints for what is typed; it is noon when the connection stands.
std::vector<Printed> printed(std::uint64_t seed, sim::Script script, bool drain = false,
                             std::vector<std::string> arguments = {}) {
  sim::World world(seed);
  sim::TextServer& server = world.text_server(kServer, std::move(script));
  SimOptions options;
  options.drain = drain;
  options.arguments = std::move(arguments);
  options.arguments.push_back("--port=9999");
  SimJob job(world, socket_window_word_count, options);
  job.run_until([&] { return server.connections() > 0; });
  world.set_wall(kNoon);
  std::vector<Printed> lines;
  const auto note = [&] {
    std::string& out = world.out();
    for (std::size_t end = out.find('\n'); end != std::string::npos; end = out.find('\n')) {
      lines.emplace_back((world.wall_now() - kNoon) / 1s, out.substr(0, end));
      out.erase(0, end + 1);
    }
    return false;
  };
  job.run_until(note);
  note();
  EXPECT_TRUE(job.ended() && job.result().state == runtime::JobResult::State::kFinished) << job.result().message;
  return lines;
}

TEST(SocketWindowWordCount, CountsEachWordInTheFiveSecondsBeforeEachSecond) {
  const sim::Script typed{send_at(300ms, "a\n"), send_at(2500ms, "a\n"), close_at(15s)};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_THAT(printed(seed, typed), ElementsAre(Printed(1, "WordWithCount(a,1)"), Printed(2, "WordWithCount(a,1)"),
                                                  Printed(3, "WordWithCount(a,2)"), Printed(4, "WordWithCount(a,2)"),
                                                  Printed(5, "WordWithCount(a,2)"), Printed(6, "WordWithCount(a,1)"),
                                                  Printed(7, "WordWithCount(a,1)")));
  }
}

TEST(SocketWindowWordCount, CountsOnceInTumblingWindows) {
  const sim::Script typed{send_at(300ms, "a b a\n"), send_at(5500ms, "a\n"), close_at(15s)};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_THAT(printed(seed, typed, false, {"--tumbling"}),
                testing::UnorderedElementsAre(Printed(5, "WordWithCount(a,2)"), Printed(5, "WordWithCount(b,1)"),
                                              Printed(10, "WordWithCount(a,1)")));
  }
}

TEST(SocketWindowWordCount, DropsWindowsThatHaveNotFiredAtTheEndOfInput) {
  const sim::Script typed{send_at(300ms, "a\n"), close_at(2500ms)};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_THAT(printed(seed, typed), ElementsAre(Printed(1, "WordWithCount(a,1)"), Printed(2, "WordWithCount(a,1)")));
  }
}

TEST(SocketWindowWordCount, FiresThemWithDrain) {
  const sim::Script typed{send_at(300ms, "a\n"), close_at(2500ms)};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::vector<std::string> lines;
    for (const Printed& line : printed(seed, typed, true)) lines.push_back(line.second);
    ASSERT_EQ(lines, std::vector<std::string>(5, "WordWithCount(a,1)"));
  }
}

struct Fired {
  std::int64_t end;
  std::string word;
  std::int64_t count;
};

/// Counts words over 5 s by 1 s with drain. Results of one subtask, in order.
std::vector<Fired> fired(sim::World& world, sim::Script script) {
  world.text_server(kServer, std::move(script));
  const auto results = std::make_shared<connectors::Collected<Fired>>();
  SimOptions options;
  options.drain = true;
  SimJob job(
      world,
      [&](Environment& env) {
        env.socket_text(kServer.host, kServer.port)
            .map([](std::string_view word) { return std::string(word); })
            .key_by([](const std::string& word) { return word; })
            .window(SlidingProcessingTime{5s, 1s})
            .count([](const std::string& word, const Window& window, std::int64_t count, Out<Fired>& out) {
              out.emit({to_ms(window.end), word, count});
            })
            .collect(results);
      },
      options);
  EXPECT_EQ(job.run().state, runtime::JobResult::State::kFinished) << job.run().message;
  return results->snapshot();
}

TEST(ProcessingTime, FiresEveryWindowOnceAndInOrderWhateverTheWallClockDoes) {
  constexpr int kWords = 60;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    sim::Random random(seed);
    sim::Script script;
    for (int i = 0; i < kWords; ++i) script.push_back(send_at(i * 400ms, fmt::format("w{}\n", random.below(3))));
    script.push_back(close_at(30s));
    for (int i = 0; i < 8; ++i) {
      world.after(random.between(0s, 30s), [&world, what = random.below(4)] {
        if (what == 0) world.jump_wall(1h);
        if (what == 1) world.jump_wall(-1h);
        if (what == 2) world.freeze_wall();
        if (what == 3) world.thaw_wall();
      });
    }
    const std::vector<Fired> results = fired(world, std::move(script));
    std::set<std::pair<std::int64_t, std::string>> seen;
    std::int64_t last = 0;
    std::int64_t counted = 0;
    for (const Fired& result : results) {
      ASSERT_TRUE(seen.emplace(result.end, result.word).second) << "fired twice: " << result.end << ' ' << result.word;
      ASSERT_GE(result.end, last) << "fired behind a later window";
      last = result.end;
      counted += result.count;
    }
    ASSERT_EQ(counted, 5 * kWords) << "each word is in five windows";
  }
}

TEST(ProcessingTime, FiresWhatIsDueSoonAfterTheWallClockJumpedAhead) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    const sim::Script typed{send_at(0ms, "a\n"), close_at(1500ms)};
    sim::World world(seed);
    world.after(1s, [&world] { world.jump_wall(1h); });
    const auto results = fired(world, typed);
    ASSERT_EQ(results.size(), 5U);
  }
}

}  // namespace
}  // namespace weir::tests
