#include "benchmarks/settings.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::benchmarks {
namespace {

Settings parsed(std::vector<std::string> args) {
  std::vector<char*> argv = {nullptr};
  for (std::string& arg : args) argv.push_back(arg.data());
  return parse_settings(static_cast<int>(argv.size()), argv.data(), Settings{});
}

std::string refusal(const std::vector<std::string>& args) {
  try {
    parsed(args);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Settings, TakeValuesBehindAFlagOrAfterAnEqualsSign) {
  const Settings settings =
      parsed({"--events", "5000", "--rate=70", "--window-ms", "60000", "--slide-ms=1000", "--seed", "9", "--rounds=2"});
  EXPECT_EQ(settings.events, 5'000);
  EXPECT_EQ(settings.rate, 70);
  EXPECT_EQ(settings.window, Duration{60'000});
  EXPECT_EQ(settings.slide, Duration{1'000});
  EXPECT_EQ(settings.seed, 9u);
  EXPECT_EQ(settings.rounds, 2);
}

TEST(Settings, MakeAtLeastAHundredWindowsUnlessToldOtherwise) {
  const Settings settings = parsed({});
  EXPECT_GE(settings.events / settings.rate * 1'000 / settings.window.count(), 100);
}

TEST(Settings, RefuseWhatTheyDoNotUnderstand) {
  EXPECT_THAT(refusal({"--evnts=3"}), testing::HasSubstr("unknown flag --evnts"));
  EXPECT_THAT(refusal({"--events"}), testing::HasSubstr("--events needs a value"));
  EXPECT_THAT(refusal({"--events=3x"}), testing::HasSubstr("\"3x\""));
  EXPECT_THAT(refusal({"--events=-3"}), testing::HasSubstr("\"-3\""));
  EXPECT_THAT(refusal({"--events=0"}), testing::HasSubstr("--events must be at least 1"));
  EXPECT_THAT(refusal({"--rounds=0"}), testing::HasSubstr("--rounds"));
  EXPECT_THAT(refusal({"--slide-ms=3000"}), testing::HasSubstr("multiple of --slide-ms"));
}

}  // namespace
}  // namespace weir::benchmarks
