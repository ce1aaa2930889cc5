#include "weir/connectors/files/staged_part.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

#include "source_task.h"

namespace weir::connectors {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StagedPart part(std::uint64_t number) { return name_part("part", SubtaskIndex(0), number, 255); }

std::string staged_path(std::uint64_t number) { return "/out/" + part(number).staged; }
std::string final_path(std::uint64_t number) { return "/out/" + part(number).final; }

TEST(StagedPart, IsNamedByPrefixSubtaskNumberAndWriter) {
  const StagedPart named = name_part("my-part", SubtaskIndex(2), 17, 0xff);
  EXPECT_EQ(named.staged, ".weir/my-part-3-17.00000000000000ff");
  EXPECT_EQ(named.final, "my-part-3-17");
}

TEST(StagedPart, IsKnownByItsName) {
  EXPECT_TRUE(is_staged_name("part-1-7.00000000000000ff", "part"));
  EXPECT_TRUE(is_staged_name("my-part-1-7.0123456789abcdef", "my-part"));
  for (const std::string other :
       {"part-1-7", "part-1.00000000000000ff", "part-1-7.ff", "part-1-7.00000000000000FF", "part-1-7.00000000000000ff0",
        "part-1-7-00000000000000ff", "part-1-7x00000000000000ff", "apart-1-7.00000000000000ff", "part-1-7.",
        "part-1-1-7.00000000000000ff", "part--7.00000000000000ff", "part-1-x.00000000000000ff", "part", ""})
    EXPECT_FALSE(is_staged_name(other, "part")) << other;
  EXPECT_TRUE(is_final_name("part-1-7", "part"));
  for (const std::string other :
       {"part-1-7.00000000000000ff", "part-1", "part-1-", "part-1-7-9", "parts-1-7", "part-1-7 "})
    EXPECT_FALSE(is_final_name(other, "part")) << other;
}

TEST(StagedPart, SurvivesItsHandle) {
  EXPECT_EQ(to_handle(part(7)), ".weir/part-1-7.00000000000000ff\tpart-1-7");
  EXPECT_EQ(from_handle(to_handle(part(7))), part(7));
  StagedPart whole = part(7);
  whole.size = 12'345'678'901;
  EXPECT_EQ(to_handle(whole), ".weir/part-1-7.00000000000000ff\tpart-1-7\t12345678901");
  EXPECT_EQ(from_handle(to_handle(whole)), whole);
}

TEST(StagedPart, IsRefusedFromAHandleThatIsNone) {
  for (const std::string handle :
       {"", "\t", "part", ".weir/a", ".weir/a\t", ".weir/\tb", "a\tb", ".weir/a/b\tc", ".weir/../a\tb", ".weir/a\t../b",
        ".weir/a\tb/c", ".weir/a\t.b", ".weir/a\t/b", "/.weir/a\tb", ".weir/a\tb\t", ".weir/a\tb\t-1", ".weir/a\tb\t1 ",
        ".weir/a\tb\t1\t2", ".weir/a\tb\t99999999999999999999"})
    EXPECT_THAT(message_of<CorruptionError>([&] { from_handle(handle); }), HasSubstr("'" + handle + "'"));
}

TEST(Deliver, GoesOnWhereAKilledProcessStoppedHoweverOften) {
  for (const bool power : {false, true}) {
    for (const std::string point : {"file sink: deliver", "file sink: sync delivered names", "file sink: delivered"}) {
      for (std::uint64_t nth = 1; nth <= 3; ++nth) {
        sim::World world(nth);
        std::vector<StagedPart> parts;
        for (std::uint64_t i = 1; i <= 3; ++i) {
          parts.push_back(part(i));
          world.disk().write_file(staged_path(i), std::to_string(i));
        }
        world.arm(point, nth);
        try {
          deliver(world, "/out", parts);
        } catch (const sim::Killed&) {
          power ? world.lose_power() : world.kill_process();
          world.start_process();
        }
        world.disarm();
        for (int again = 0; again < 2; ++again) deliver(world, "/out", parts);
        for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(world.disk().read_file(final_path(i)), std::to_string(i));
        EXPECT_THAT(world.disk().list_recursive("/out/.weir"), IsEmpty());
      }
    }
  }
}

TEST(Deliver, MakesDurableWhatAnEarlierProcessRenamedAndCouldNotSync) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::World world(seed);
    world.disk().write_file(staged_path(1), "1");
    world.arm("file sink: sync delivered names");
    EXPECT_THROW(deliver(world, "/out", {part(1)}), sim::Killed);
    world.kill_process();
    world.start_process();
    world.disarm();
    deliver(world, "/out", {part(1)});
    world.lose_power();
    EXPECT_EQ(world.disk().read_file(final_path(1)), "1");
    world.start_process();
  }
}

TEST(Deliver, NamesAPartThatIsMissingWithoutAWitnessAndTouchesNoOther) {
  sim::World world(1);
  world.disk().write_file(staged_path(1), "1");
  EXPECT_THAT(message_of<CorruptionError>([&] { deliver(world, "/out", {part(1), part(7)}); }),
              AllOf(HasSubstr("'" + staged_path(7) + "'"), HasSubstr("'/out/part-1-7'"), HasSubstr("put one")));
  EXPECT_THAT(world.disk().list_recursive("/out"), ElementsAre(staged_path(1)));
}

TEST(Deliver, NamesAPartThatHasLostOrGainedBytesAndTouchesNoOther) {
  for (const std::string bytes : {"", "tw", "twoo"}) {
    sim::World world(1);
    std::vector<StagedPart> parts{part(1), part(2)};
    for (StagedPart& each : parts) each.size = 3;
    world.disk().write_file(staged_path(1), "one");
    world.disk().write_file(staged_path(2), bytes);
    EXPECT_THAT(message_of<CorruptionError>([&] { deliver(world, "/out", parts); }),
                AllOf(HasSubstr("'" + staged_path(2) + "'"), HasSubstr("'/out/part-1-2'"),
                      HasSubstr(fmt::format("{} bytes, but 3", bytes.size()))));
    EXPECT_FALSE(world.disk().exists(final_path(1)));
    world.disk().write_file(staged_path(2), "two");
    deliver(world, "/out", parts);
    EXPECT_EQ(world.disk().read_file(final_path(2)), "two");
  }
}

TEST(Deliver, OverwritesNothingAndTouchesNoOtherPartWhenSomethingStandsInTheWay) {
  sim::World world(1);
  world.disk().write_file(staged_path(1), "1");
  world.disk().write_file(staged_path(2), "new");
  world.disk().write_file(final_path(2), "precious");
  const auto before = world.disk().list_recursive("/out");
  try {
    deliver(world, "/out", {part(1), part(2)});
    FAIL();
  } catch (const ExternalError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("'/out/part-1-2' is there already"), HasSubstr("move it away")));
    EXPECT_EQ(e.retry(), Retry::kNo);
  }
  EXPECT_EQ(world.disk().list_recursive("/out"), before);
  EXPECT_EQ(world.disk().read_file(final_path(2)), "precious");
}

TEST(Deliver, OverwritesNoDirectoryEither) {
  sim::World world(1);
  world.disk().write_file(staged_path(1), "1");
  world.disk().write_file(final_path(1) + "/inside", "x");
  EXPECT_THAT(message_of<ExternalError>([&] { deliver(world, "/out", {part(1)}); }),
              HasSubstr("'/out/part-1-1' is there"));
}

TEST(Deliver, NamesAPartThatCannotBeRenamedAndDeliversItLater) {
  sim::World world(1);
  world.disk().write_file(staged_path(1), "1");
  sim::DiskFault fault;
  fault.operations = {sim::DiskOperation::kRename};
  world.disk().inject(fault);
  EXPECT_THAT(message_of<ExternalError>([&] { deliver(world, "/out", {part(1)}); }), HasSubstr(final_path(1)));
  world.disk().heal_all();
  deliver(world, "/out", {part(1)});
  EXPECT_EQ(world.disk().read_file(final_path(1)), "1");
}

TEST(RemoveEmptyStaging, KeepsWhatIsNotEmptyAndToleratesWhatIsGone) {
  sim::World world(1);
  world.disk().write_file("/out/.weir/x", "");
  remove_empty_staging(world.files(), "/out");
  EXPECT_TRUE(world.disk().exists("/out/.weir"));
  world.disk().erase("/out/.weir/x");
  remove_empty_staging(world.files(), "/out");
  EXPECT_FALSE(world.disk().exists("/out/.weir"));
  remove_empty_staging(world.files(), "/out");
}

}  // namespace
}  // namespace weir::connectors
