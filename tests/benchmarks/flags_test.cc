#include "benchmarks/flags.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::benchmarks {
namespace {

struct Values {
  std::int64_t keys = 7;
  std::int64_t rounds = 5;
};

Values parsed(std::vector<std::string> args) {
  std::vector<char*> argv = {nullptr};
  for (std::string& arg : args) argv.push_back(arg.data());
  Values values;
  const Flag flags[] = {{"--keys", &values.keys}, {"--rounds", &values.rounds, 2, 10}};
  parse_flags(static_cast<int>(argv.size()), argv.data(), flags);
  return values;
}

std::string refusal(const std::vector<std::string>& args) {
  try {
    parsed(args);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Flags, LeaveWhatIsNotGivenAsItWas) {
  const Values values = parsed({"--rounds=3"});
  EXPECT_EQ(values.keys, 7);
  EXPECT_EQ(values.rounds, 3);
}

TEST(Flags, RefuseWhateverTheProgramDoesNotHave) {
  EXPECT_EQ(refusal({"--key", "3"}), "unknown flag --key; there are --keys, --rounds");
  EXPECT_THAT(refusal({"30"}), testing::HasSubstr("unknown flag 30"));
  EXPECT_THAT(refusal({"--help"}), testing::HasSubstr("--keys, --rounds"));
}

TEST(Flags, RefuseNumbersOutOfBounds) {
  EXPECT_THAT(refusal({"--rounds=1"}), testing::HasSubstr("--rounds must be at least 2"));
  EXPECT_THAT(refusal({"--rounds=11"}), testing::HasSubstr("--rounds must be at most 10"));
}

}  // namespace
}  // namespace weir::benchmarks
