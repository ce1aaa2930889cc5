#include "weir/connectors/lines/lines.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/connectors/lines/line.h"
#include "weir/core/error.h"

#include "source_task.h"

namespace weir::connectors {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct Seen {
  std::string text;
  std::string file;
  std::uint64_t number;
  std::uint64_t offset;
  friend bool operator==(const Seen&, const Seen&) = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << fmt::format("{}:{} at {}: '{}'", seen.file, seen.number, seen.offset, seen.text);
}

LinesOptions in(std::string directory) {
  LinesOptions options;
  options.directory = std::move(directory);
  return options;
}

struct Reading {
  explicit Reading(sim::World& world, LinesOptions options = in("/in"), std::size_t batch_size = 16)
      : task(
            world, lines(std::move(options)),
            [this](const Line& line, Timestamp timestamp) {
              seen.push_back({std::string(line.text.view()), line.file.string(), line.number, line.offset});
              EXPECT_EQ(timestamp, kNoTimestamp);
            },
            batch_size) {}

  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const Seen& one : seen) texts.push_back(one.text);
    return texts;
  }

  std::vector<Seen> seen;
  SourceTask<Line> task;
};

TEST(LinesSource, ReadsEveryFileOfTheDirectoryWithPlaces) {
  sim::World world(1);
  world.disk().write_file("/in/b.txt", "to be\r\n\nor not");
  world.disk().write_file("/in/a.txt", "x\n");
  Reading reading(world);
  reading.task.run();
  EXPECT_THAT(reading.seen, UnorderedElementsAre(Seen{"x", "/in/a.txt", 1, 0}, Seen{"to be", "/in/b.txt", 1, 0},
                                                 Seen{"", "/in/b.txt", 2, 7}, Seen{"or not", "/in/b.txt", 3, 8}));
  EXPECT_THAT(reading.task.finished(), UnorderedElementsAre(SplitIndex(0), SplitIndex(1)));
}

TEST(LinesSource, NamesFilesTheSameWhenTheDirectoryIsWrittenWithASlash) {
  sim::World world(1);
  world.disk().write_file("/in/a.txt", "x\n");
  Reading reading(world, in("/in/"));
  reading.task.run();
  EXPECT_THAT(reading.seen, ElementsAre(Seen{"x", "/in/a.txt", 1, 0}));
}

TEST(LinesSource, PassesOverHiddenFilesAndSubdirectories) {
  sim::World world(1);
  world.disk().write_file("/in/.hidden", "no\n");
  world.disk().write_file("/in/sub/deep.txt", "no\n");
  world.disk().write_file("/in/a.txt", "yes\n");
  Reading reading(world);
  reading.task.run();
  EXPECT_THAT(reading.texts(), ElementsAre("yes"));
}

TEST(LinesSource, EndsAtOnceForEmptyFilesAndForAnEmptyDirectory) {
  sim::World world(1);
  world.disk().write_file("/in/empty", "");
  world.disk().write_file("/nothing/sub/file", "");
  Reading reading(world);
  reading.task.run();
  EXPECT_THAT(reading.seen, IsEmpty());
  EXPECT_THAT(reading.task.finished(), ElementsAre(SplitIndex(0)));

  Reading nothing(world, in("/nothing"));
  nothing.task.run();
  EXPECT_THAT(nothing.seen, IsEmpty());
}

/// Numbered lines of different lengths.
std::string numbered(const std::string& name, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format("{}-{}{}\n", name, i, std::string(i % 7, '.'));
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(LinesSource, ReadsLinesThatSpanChunksOfAnySize) {
  const std::string text = numbered("a", 50);
  for (std::size_t chunk = 1; chunk <= text.size() + 1; chunk += chunk < 20 ? 1 : 37) {
    sim::World world(chunk);
    world.disk().write_file("/in/a", text);
    LinesOptions options = in("/in");
    options.chunk = chunk;
    Reading reading(world, options);
    reading.task.run();
    EXPECT_THAT(reading.texts(), ElementsAreArray(lines_of(text))) << "chunk " << chunk;
  }
}

TEST(LinesSource, TakesTurnsBetweenItsFilesInAnOrderThatSpeedDoesNotChange) {
  std::vector<std::vector<Seen>> runs;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::World world(seed);
    world.disk().write_file("/in/a", numbered("a", 40));
    world.disk().write_file("/in/b", numbered("b", 40));
    LinesOptions options = in("/in");
    options.chunk = 100;
    Reading reading(world, options, 4);
    reading.task.run();
    runs.push_back(reading.seen);
    for (const auto& sent : reading.task.sent()) EXPECT_LE(sent.records, 4);
    const auto first_b =
        std::find_if(runs.back().begin(), runs.back().end(), [](const Seen& s) { return s.file == "/in/b"; });
    EXPECT_EQ(first_b - runs.back().begin(), 4) << "b's turn comes after a batch of a";
  }
  EXPECT_THAT(runs, testing::Each(runs.front()));
}

TEST(LinesSource, GivesBatchesOfOneSplitEach) {
  sim::World world(1);
  world.disk().write_file("/in/a", numbered("a", 40));
  world.disk().write_file("/in/b", numbered("b", 40));
  Reading reading(world, in("/in"), 16);
  reading.task.run();
  std::size_t at = 0;
  for (const auto& sent : reading.task.sent()) {
    for (std::size_t i = 0; i < sent.records; ++i, ++at)
      EXPECT_EQ(reading.seen[at].file, sent.split == SplitIndex(0) ? "/in/a" : "/in/b");
  }
  EXPECT_EQ(at, 80);
}

TEST(LinesSource, ReadsMoreFilesThanItMayHaveOpen) {
  sim::World world(1);
  for (int i = 0; i < 20; ++i) world.disk().write_file(fmt::format("/in/{:02}", i), numbered("x", 30));
  world.disk().set_open_limit(3);
  LinesOptions options = in("/in");
  options.chunk = 32;
  options.open_files = 3;
  Reading reading(world, options);
  reading.task.run();
  EXPECT_EQ(reading.seen.size(), 600);
  EXPECT_EQ(world.disk().open_files(), 0);
}

TEST(LinesSource, DoesNotTouchFilesOnItsTask) {
  sim::World world(1);
  world.disk().write_file("/in/a", numbered("a", 40));
  Reading reading(world);
  reading.task.run();
  EXPECT_EQ(world.misplaced_file_calls(), 0);
}

TEST(LinesSource, GoesOnFromThePositionsOfAnEarlierReader) {
  const std::string text = numbered("a", 100);
  for (std::uint64_t events = 5; events < 150; events += 5) {
    sim::World world(events);
    world.disk().write_file("/in/a", text);
    world.disk().write_file("/in/b", text);
    LinesOptions options = in("/in");
    options.chunk = 64;
    Reading first(world, options, 4);
    first.task.discover();
    for (std::uint64_t i = 0; i < events; ++i) world.run_one();
    const std::vector<Split> splits = first.task.reader().splits();
    if (splits.empty()) continue;
    first.task.hold();

    Reading second(world, options, 4);
    for (const Split& split : splits) second.task.assign(split);
    second.task.no_more_splits();
    second.task.run_to_end();

    std::vector<Seen> both = first.seen;
    both.insert(both.end(), second.seen.begin(), second.seen.end());
    for (const std::string file : {"/in/a", "/in/b"}) {
      std::vector<std::string> texts;
      std::uint64_t number = 0;
      for (const Seen& seen : both) {
        if (seen.file != file) continue;
        texts.push_back(seen.text);
        EXPECT_EQ(seen.number, ++number);
        EXPECT_EQ(text.substr(seen.offset, seen.text.size()), seen.text);
      }
      EXPECT_THAT(texts, ElementsAreArray(lines_of(text))) << "after " << events << " events";
    }
  }
}

TEST(LinesSource, NamesADirectoryThatDoesNotExist) {
  sim::World world(1);
  Reading reading(world, in("/nowhere"));
  EXPECT_THAT(message_of<UserError>([&] { reading.task.run(); }),
              AllOf(HasSubstr("the input directory '/nowhere' does not exist"), HasSubstr("make it")));
}

TEST(LinesSource, NamesWhatIsNotADirectory) {
  sim::World world(1);
  world.disk().write_file("/in", "a file");
  Reading reading(world);
  EXPECT_THAT(message_of<UserError>([&] { reading.task.run(); }), HasSubstr("/in"));
}

TEST(LinesSource, NamesAFileThatIsGone) {
  sim::World world(1);
  Reading reading(world);
  reading.task.assign({"gone.txt", ""});
  EXPECT_THAT(message_of<ExternalError>([&] { reading.task.run_to_end(); }), HasSubstr("/in/gone.txt"));
}

TEST(LinesSource, NamesAFileThatCannotBeRead) {
  sim::World world(1);
  world.disk().write_file("/in/a.txt", numbered("a", 10));
  sim::DiskFault fault;
  fault.operations = {sim::DiskOperation::kRead};
  world.disk().inject(fault);
  Reading reading(world);
  EXPECT_THAT(message_of<ExternalError>([&] { reading.task.run(); }), HasSubstr("/in/a.txt"));
}

/// What a reader that has read some lines of /in/a.txt says of where it is.
Split position_in(sim::World& world, const std::string& text, std::size_t batches) {
  world.disk().write_file("/in/a.txt", text);
  LinesOptions options = in("/in");
  options.chunk = 64;
  Reading reading(world, options, 4);
  reading.task.discover();
  world.run_until([&] { return reading.task.sent().size() >= batches || reading.task.exhausted(); });
  return reading.task.reader().splits().front();
}

/// Goes on with one split; the errors of doing so.
std::vector<std::string> rest_of(sim::World& world, const Split& split) {
  LinesOptions options = in("/in");
  options.chunk = 64;
  Reading reading(world, options, 4);
  reading.task.assign(split);
  reading.task.no_more_splits();
  reading.task.run_to_end();
  return reading.texts();
}

TEST(LinesSource, RefusesToGoOnInAFileThatWasChangedWhereItWasReadOrHasBecomeShorterOrIsGone) {
  sim::World world(1);
  const std::string text = numbered("a", 100);
  const Split split = position_in(world, text, 10);
  const auto change = [&](std::size_t at) {
    std::string changed = text;
    changed[at] = '#';
    world.disk().write_file("/in/a.txt", changed);
    return message_of<UserError>([&] { rest_of(world, split); });
  };
  const std::size_t offset = std::stoul(split.position);
  const auto place = AllOf(HasSubstr("'/in/a.txt'"), HasSubstr(fmt::format("go on at byte {}", offset)));
  EXPECT_THAT(change(0), AllOf(HasSubstr("was changed"), HasSubstr("from byte 0"), place));
  EXPECT_THAT(change(offset - 1), AllOf(HasSubstr("was changed"), place));
  EXPECT_THAT(change(offset), AllOf(HasSubstr("was changed"), place));
  world.disk().write_file("/in/a.txt", text.substr(0, text.size() - 1));
  EXPECT_THAT(message_of<UserError>([&] { rest_of(world, split); }), AllOf(HasSubstr("has become shorter"), place));
  world.disk().erase("/in/a.txt");
  EXPECT_THAT(message_of<UserError>([&] { rest_of(world, split); }), AllOf(HasSubstr("is gone"), place));
  world.disk().write_file("/in/a.txt", text);
  EXPECT_THAT(rest_of(world, split),
              testing::SizeIs(100 - std::stoul(split.position.substr(split.position.find(':') + 1))));
}

TEST(LinesSource, DoesNotReadWhatIsAppendedToAFileAfterItWasFound) {
  sim::World world(1);
  const std::string text = numbered("a", 20);
  const Split begun = position_in(world, text, 2);
  world.disk().write_file("/in/a.txt", text + "more\n");
  const auto rest = rest_of(world, begun);
  EXPECT_EQ(rest.back(), lines_of(text).back());
  const Split ended = position_in(world, text, 1000);
  world.disk().write_file("/in/a.txt", text + "more\n");
  EXPECT_THAT(rest_of(world, ended), IsEmpty());
}

TEST(LinesSource, DoesNotMindThatAFileIsGoneThatWasReadToItsEnd) {
  sim::World world(1);
  const Split ended = position_in(world, "a\nb", 1000);
  world.disk().erase("/in/a.txt");
  Reading reading(world);
  reading.task.assign(ended);
  reading.task.no_more_splits();
  reading.task.run_to_end();
  EXPECT_THAT(reading.seen, IsEmpty());
  EXPECT_THAT(reading.task.finished(), ElementsAre(SplitIndex(0)));
  EXPECT_THAT(reading.task.reader().splits(), ElementsAre(ended));
}

TEST(LinesSource, LooksIntoAFileWithoutSizeOnce) {
  sim::World world(1);
  const Split ended = position_in(world, "", 1000);
  world.disk().erase("/in/a.txt");
  EXPECT_THAT(rest_of(world, ended), IsEmpty()) << "it is known to be empty";
  world.disk().write_file("/in/a.txt", "a");
  EXPECT_THAT(message_of<UserError>([&] { rest_of(world, {"a.txt", "0:0:0:0:0:0:0:0"}); }),
              AllOf(HasSubstr("'/in/a.txt'"), HasSubstr("something to read in it")));
}

TEST(LinesSource, TellsASplitThatItHasNotBegunAsItWasGiven) {
  sim::World world(1);
  LinesOptions options = in("/in");
  options.open_files = 1;
  const std::string position = "0:0:2:0:0:0:0:0";
  world.disk().write_file("/in/a", "x\n");
  world.disk().write_file("/in/b", "y\n");
  Reading reading(world, options);
  for (const std::string name : {"a", "b"}) reading.task.assign({name, position});
  reading.task.step();
  EXPECT_THAT(reading.task.reader().splits(), ElementsAre(Split{"a", position}, Split{"b", position}));
}

TEST(LinesSource, NamesAFileThatBecomesShorterWhileItIsRead) {
  sim::World world(1);
  world.disk().write_file("/in/a.txt", "abc\n");
  Reading reading(world);
  reading.task.assign({"a.txt", "0:0:100:0:0:0:0:0"});
  EXPECT_THAT(message_of<UserError>([&] { reading.task.run_to_end(); }),
              AllOf(HasSubstr("file '/in/a.txt' has become shorter"), HasSubstr("100 bytes"), HasSubstr("byte 0")));
}

TEST(LinesSource, RefusesAPositionOutsideOfItsFile) {
  for (const std::string position : {"101:1:100:0:0:0:0:0", "1:1:100:101:0:0:0:0", "1:1:100:0:0:90:11:0"}) {
    sim::World world(1);
    Reading reading(world);
    reading.task.assign({"a.txt", position});
    EXPECT_THAT(message_of<CorruptionError>([&] { reading.task.run_to_end(); }),
                AllOf(HasSubstr("split 'a.txt'"), HasSubstr("'" + position + "'")));
  }
}

TEST(LinesSource, AsksForTheNameOfItsDirectory) {
  EXPECT_THAT(message_of<UsageError>([] { lines(in("")); }), HasSubstr("no input directory"));
}

TEST(LinesSource, RefusesAPositionThatIsNone) {
  for (const std::string position : {"x", "1", "1:", "1:2:3", ":", "1:2x", "-1:2", "99999999999999999999:1"}) {
    sim::World world(1);
    Reading reading(world);
    reading.task.assign({"a.txt", position});
    EXPECT_THAT(message_of<CorruptionError>([&] { reading.task.run_to_end(); }),
                AllOf(HasSubstr("split 'a.txt'"), HasSubstr("'" + position + "'")));
  }
}

TEST(LinesSource, RefusesALineAboveTheLimitWithFileNumberAndLength) {
  sim::World world(1);
  world.disk().write_file("/in/a.txt", "ab\n123456789\n");
  LinesOptions options = in("/in");
  options.max_line = 8;
  Reading reading(world, options);
  EXPECT_THAT(message_of<UserError>([&] { reading.task.run(); }),
              AllOf(HasSubstr("file '/in/a.txt': line 2"), HasSubstr("byte 3"), HasSubstr("9 bytes")));
}

TEST(LinesSource, CanBeDroppedAtAnyMoment) {
  for (std::uint64_t events = 0; events < 60; ++events) {
    sim::World world(events);
    world.disk().write_file("/in/a", numbered("a", 100));
    LinesOptions options = in("/in");
    options.chunk = 64;
    std::optional<Reading> reading(std::in_place, world, options, 4);
    reading->task.discover();
    for (std::uint64_t i = 0; i < events; ++i) world.run_one();
    const std::size_t read = reading->seen.size();
    reading->task.stop_discovery();
    reading.reset();
    world.run_for(std::chrono::seconds(1));
    EXPECT_EQ(world.disk().open_files(), 0) << "after " << events << " events, " << read << " lines";
  }
}

TEST(LinesSource, IsBoundedAndReplayable) {
  EXPECT_TRUE(lines(in("/in"))->bounded());
  EXPECT_TRUE(lines(in("/in"))->replayable());
}

TEST(FileName, IsTheSameForTheSamePathAndSurvivesItsCodec) {
  const FileName name("/in/a");
  EXPECT_EQ(name, FileName(std::string("/in/") + "a"));
  EXPECT_NE(name, FileName("/in/b"));
  EXPECT_EQ(FileName(), FileName(""));
  EXPECT_LT(name, FileName("/in/b"));
  std::string bytes;
  encode_value(name, bytes);
  EXPECT_EQ(decode_value<FileName>(bytes), name);
}

TEST(Line, CarriesItsTextAlongButNotTheNameOfItsFile) {
  Batch<Line> from(4);
  from.push(Line{Text("text"), FileName("/in/a"), 3, 9}, kNoTimestamp);
  Batch<Line> to(4);
  from.copy_to(0, to);
  from.clear();
  EXPECT_EQ(to[0].text.view(), "text");
  EXPECT_NE(to[0].text.data(), from[0].text.data());
  EXPECT_EQ(to[0].file.view().data(), FileName("/in/a").view().data());
}

}  // namespace
}  // namespace weir::connectors
