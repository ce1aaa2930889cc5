#include "weir/stream/arguments.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_text.h"

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Field;

TEST(Arguments, TakesAValueAfterABlankOrAnEqualsSign) {
  Arguments arguments({"--port", "9999", "--hostname=example.org", "--text=a=b", "--empty="});
  EXPECT_EQ(arguments.required<std::uint16_t>("port"), 9999);
  EXPECT_EQ(arguments.required<std::string>("hostname"), "example.org");
  EXPECT_EQ(arguments.required<std::string>("text"), "a=b");
  EXPECT_EQ(arguments.required<std::string>("empty"), "");
  arguments.check_all_used();
}

TEST(Arguments, TakesANegativeNumberAfterABlankButNoOtherArgument) {
  Arguments arguments({"--offset", "-5", "--from", "--to", "3"});
  EXPECT_EQ(arguments.required<int>("offset"), -5);
  EXPECT_EQ(arguments.required<int>("to"), 3);
  EXPECT_EQ(usage_error([&] { arguments.required<std::string>("from"); }), "--from has no value: it needs text");
}

TEST(Arguments, AnswersWithTheDefaultOrNothingForWhatIsNotGiven) {
  Arguments arguments({});
  EXPECT_EQ(arguments.get<std::string>("hostname", "localhost"), "localhost");
  EXPECT_EQ(arguments.get<Duration>("wait", 10s), 10s);
  EXPECT_EQ(arguments.optional<int>("limit"), std::nullopt);
  EXPECT_FALSE(arguments.flag("tumbling"));
  EXPECT_FALSE(arguments.for_help_only());
}

TEST(Arguments, PrefersWhatIsGivenToTheDefault) {
  Arguments arguments({"--hostname", "example.org", "--limit", "7"});
  EXPECT_EQ(arguments.get<std::string>("hostname", "localhost"), "example.org");
  EXPECT_EQ(arguments.optional<int>("limit"), 7);
}

TEST(Arguments, ReadsDurationsInTheirUnits) {
  Arguments arguments({"--a", "200ms", "--b", "10s", "--c", "2m", "--d", "1h", "--e", "1500", "--f", "-3s"});
  EXPECT_EQ(arguments.required<Duration>("a"), 200ms);
  EXPECT_EQ(arguments.required<Duration>("b"), 10s);
  EXPECT_EQ(arguments.required<Duration>("c"), 2min);
  EXPECT_EQ(arguments.required<Duration>("d"), 1h);
  EXPECT_EQ(arguments.required<std::chrono::milliseconds>("e"), 1500ms);
  EXPECT_EQ(arguments.required<Duration>("f"), -3s);
}

TEST(Arguments, ReadsFlagsWithAndWithoutAValue) {
  Arguments arguments({"--a", "--b=false", "--c=yes", "--d", "off"});
  EXPECT_TRUE(arguments.flag("a"));
  EXPECT_FALSE(arguments.flag("b"));
  EXPECT_TRUE(arguments.get<bool>("c", false));
  EXPECT_FALSE(arguments.get<bool>("d", true));
}

TEST(Arguments, ReadsNumbersToTheEdgesOfTheirTypes) {
  Arguments arguments({"--a=-128", "--b=255", "--c=-9223372036854775808", "--d=18446744073709551615", "--e=-1.5e3"});
  EXPECT_EQ(arguments.required<std::int8_t>("a"), -128);
  EXPECT_EQ(arguments.required<std::uint8_t>("b"), 255);
  EXPECT_EQ(arguments.required<std::int64_t>("c"), INT64_MIN);
  EXPECT_EQ(arguments.required<std::uint64_t>("d"), UINT64_MAX);
  EXPECT_EQ(arguments.required<double>("e"), -1500.0);
}

TEST(Arguments, RefusesAValueThatIsNotWhatTheJobExpects) {
  Arguments arguments({"--port=abc", "--big=65536", "--minus=-1", "--half=1.5", "--wait=10x", "--ratio=nan",
                       "--flag=maybe", "--blank= 5", "--long=99999999999999h"});
  EXPECT_EQ(usage_error([&] { arguments.required<std::uint16_t>("port"); }),
            "--port: 'abc' is not a whole number from 0 to 65535");
  EXPECT_EQ(usage_error([&] { arguments.required<std::uint16_t>("big"); }),
            "--big: '65536' is not a whole number from 0 to 65535");
  EXPECT_EQ(usage_error([&] { arguments.required<std::uint32_t>("minus"); }),
            "--minus: '-1' is not a whole number from 0 to 4294967295");
  EXPECT_EQ(usage_error([&] { arguments.get<std::int8_t>("half", 0); }),
            "--half: '1.5' is not a whole number from -128 to 127");
  EXPECT_EQ(usage_error([&] { arguments.optional<Duration>("wait"); }),
            "--wait: '10x' is not a duration such as 200ms, 10s, 2m or 1h");
  EXPECT_EQ(usage_error([&] { arguments.required<double>("ratio"); }), "--ratio: 'nan' is not a number");
  EXPECT_EQ(usage_error([&] { arguments.flag("flag"); }), "--flag: 'maybe' is not true or false");
  EXPECT_EQ(usage_error([&] { arguments.required<std::uint8_t>("blank"); }),
            "--blank: ' 5' is not a whole number from 0 to 255");
  EXPECT_EQ(usage_error([&] { arguments.required<Duration>("long"); }),
            "--long: 99999999999999h is out of range: a duration has at most 69444444h");
}

TEST(Arguments, NamesWhatIsMissingAndWhatItNeeds) {
  EXPECT_EQ(usage_error([] { Arguments({}).required<std::uint16_t>("port"); }),
            "--port is missing: it needs a whole number from 0 to 65535");
}

TEST(Arguments, RefusesADoubledArgument) {
  EXPECT_EQ(usage_error([] { Arguments({"--port", "1", "--port=2"}); }), "--port is given twice: leave one out");
}

TEST(Arguments, RefusesAWordThatBelongsToNoArgument) {
  const auto text = [](const std::string& word) {
    return "'" + word + "' is no argument: arguments are written --name value, --name=value or --flag";
  };
  EXPECT_EQ(usage_error([] { Arguments({"file.txt"}); }), text("file.txt"));
  EXPECT_EQ(usage_error([] { Arguments({"--a", "b", "c"}); }), text("c"));
  EXPECT_EQ(usage_error([] { Arguments({"-p", "1"}); }), text("-p"));
  EXPECT_EQ(usage_error([] { Arguments({"--"}); }), text("--"));
  EXPECT_EQ(usage_error([] { Arguments({"--=5"}); }), text("--=5"));
  EXPECT_EQ(usage_error([] { Arguments({"=5"}); }), text("=5"));
}

TEST(Arguments, RefusesWhatNothingAskedFor) {
  Arguments slip({"--prot", "9999"});
  slip.optional<std::uint16_t>("port");
  slip.get<std::string>("hostname", "localhost");
  EXPECT_EQ(usage_error([&] { slip.check_all_used(); }), "unknown argument --prot; did you mean --port?");

  Arguments stranger({"--verbose-output"});
  stranger.optional<std::uint16_t>("port");
  stranger.get<std::string>("hostname", "localhost");
  EXPECT_EQ(usage_error([&] { stranger.check_all_used(); }),
            "unknown argument --verbose-output: this job knows --port, --hostname");

  EXPECT_EQ(usage_error([] { Arguments({"--port=1"}).check_all_used(); }),
            "unknown argument --port: this job takes none (options of the engine start with --weir.)");
}

TEST(Arguments, RefusesWhatAnotherListDoesNotName) {
  Arguments asked = Arguments::for_help();
  asked.required<std::uint16_t>("port");
  Arguments({"--port=1"}).check_known(asked.known());
  EXPECT_EQ(usage_error([&] { Arguments({"--prot=1"}).check_known(asked.known()); }),
            "unknown argument --prot; did you mean --port?");
}

TEST(Arguments, RemembersWhatTheJobAskedForInThatOrderAndOnce) {
  Arguments arguments = Arguments::for_help();
  EXPECT_TRUE(arguments.for_help_only());
  EXPECT_EQ(arguments.required<std::uint16_t>("port", "the server's port"), 0);
  EXPECT_EQ(arguments.required<std::string>("name"), "");
  arguments.get<Duration>("wait", 90s, "how long");
  arguments.optional<double>("ratio");
  arguments.flag("tumbling", "windows do not overlap");
  arguments.required<std::uint16_t>("port");

  ASSERT_EQ(arguments.known().size(), 5U);
  EXPECT_THAT(arguments.known(),
              ElementsAre(Field(&Arguments::Known::name, "port"), Field(&Arguments::Known::name, "name"),
                          Field(&Arguments::Known::name, "wait"), Field(&Arguments::Known::name, "ratio"),
                          Field(&Arguments::Known::name, "tumbling")));
  EXPECT_THAT(
      arguments.known(),
      ElementsAre(Field(&Arguments::Known::placeholder, "NUMBER"), Field(&Arguments::Known::placeholder, "TEXT"),
                  Field(&Arguments::Known::placeholder, "DURATION"), Field(&Arguments::Known::placeholder, "NUMBER"),
                  Field(&Arguments::Known::placeholder, "")));
  EXPECT_EQ(arguments.known()[0].kind, Arguments::Kind::kRequired);
  EXPECT_EQ(arguments.known()[0].help, "the server's port");
  EXPECT_EQ(arguments.known()[2].default_text, "90s");
}

}  // namespace
}  // namespace weir
