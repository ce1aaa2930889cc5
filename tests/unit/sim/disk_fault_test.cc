#include "weir/sim/disk_fault.h"

#include <functional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/disk.h"

namespace weir::sim {
namespace {

using Kind = DiskFault::Kind;

std::string error_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const ExternalError& error) {
    return error.what();
  }
  return "no error";
}

TEST(DiskFault, StrikesTheOperationsAndPathsItNames) {
  Disk disk(1);
  disk.make_directories("/ckpt/chk");
  const auto data = disk.create("/ckpt/chk/data");
  const auto other = disk.create("/ckpt/other");
  disk.inject({.path = "/ckpt/chk/*", .operations = {DiskOperation::kSync}});
  data->append("1");
  other->sync();
  EXPECT_EQ(error_of([&] { data->sync(); }), "cannot sync /ckpt/chk/data: Input/output error");
}

TEST(DiskFault, MatchesPatternsWithStarsAndQuestionMarks) {
  const auto struck = [](const std::string& pattern) {
    Disk disk(1);
    disk.inject({.path = pattern});
    return error_of([&] { disk.create("/a/bc.sst"); }) == "cannot create /a/bc.sst: Input/output error";
  };
  EXPECT_TRUE(struck("*"));
  EXPECT_TRUE(struck("*.sst"));
  EXPECT_TRUE(struck("/a/b?.sst"));
  EXPECT_TRUE(struck("/*/*c*t"));
  EXPECT_TRUE(struck("/a/bc.sst"));
  EXPECT_FALSE(struck("/a"));
  EXPECT_FALSE(struck("*.ss"));
  EXPECT_FALSE(struck("/a/?.sst"));
}

TEST(DiskFault, StrikesARenameByItsOldOrItsNewName) {
  for (const std::string path : {"/old", "/new"}) {
    Disk disk(1);
    disk.write_file("/old", "1");
    disk.inject({.path = path, .operations = {DiskOperation::kRename}});
    EXPECT_EQ(error_of([&] { disk.rename("/old", "/new"); }), "cannot rename /old to /new: Input/output error");
    EXPECT_TRUE(disk.exists("/old"));
  }
}

TEST(DiskFault, HealsAfterItsTimesOrWhenTold) {
  Disk disk(1);
  disk.inject({.times = 2});
  const DiskFaultId lasting = disk.inject({.kind = Kind::kReadOnly});
  EXPECT_EQ(error_of([&] { disk.list("/"); }), "cannot list /: Input/output error");
  EXPECT_EQ(error_of([&] { disk.list("/"); }), "cannot list /: Input/output error");
  EXPECT_EQ(error_of([&] { disk.list("/"); }), "no error");
  EXPECT_EQ(error_of([&] { disk.create("/x"); }), "cannot create /x: Read-only file system");
  disk.heal(lasting);
  EXPECT_EQ(error_of([&] { disk.create("/x"); }), "no error");
}

TEST(DiskFault, StrikesWithItsProbability) {
  Disk disk(1);
  disk.inject({.probability = 0.25});
  int struck = 0;
  for (int i = 0; i < 1000; ++i)
    if (error_of([&] { disk.list("/"); }) != "no error") ++struck;
  EXPECT_GT(struck, 200);
  EXPECT_LT(struck, 300);
}

TEST(DiskFault, LeavesAPartOfAWriteThatFailed) {
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk disk(seed);
    const auto file = disk.create("/x");
    disk.inject({.operations = {DiskOperation::kWrite}});
    EXPECT_EQ(error_of([&] { file->append("12345678"); }), "cannot write to /x: Input/output error");
    const std::string bytes = disk.read_file("/x");
    EXPECT_EQ(bytes, std::string("12345678").substr(0, bytes.size()));
    lengths.insert(bytes.size());
  }
  EXPECT_GT(lengths.size(), 4u);
}

TEST(DiskFault, AFullDiskTakesWhatFitsAndRecoversWhenThereIsRoom) {
  Disk disk(1);
  disk.write_file("/big", "1234567");
  disk.set_capacity(10);
  const auto file = disk.create("/x");
  EXPECT_EQ(error_of([&] { file->append("abcde"); }),
            "cannot write to /x: No space left on device (free some space, or use a larger disk)");
  EXPECT_EQ(disk.read_file("/x"), "abc");
  disk.remove("/big");
  file->append("de");
  EXPECT_EQ(disk.read_file("/x"), "abcde");
}

TEST(DiskFault, NoSpaceStrikesWhatWouldWriteOnly) {
  Disk disk(1);
  disk.write_file("/x", "1");
  disk.inject({.kind = Kind::kNoSpace});
  EXPECT_EQ(error_of([&] { disk.open_for_read("/x"); }), "no error");
  EXPECT_EQ(error_of([&] { disk.make_directories("/d"); }),
            "cannot make the directory /d: No space left on device (free some space, or use a larger disk)");
  EXPECT_EQ(error_of([&] { disk.remove("/x"); }), "no error");
}

TEST(DiskFault, AReadOnlyDiskRefusesEveryChangeAndStillReads) {
  Disk disk(1);
  disk.write_file("/x", "1");
  const auto file = disk.create("/y");
  disk.inject({.kind = Kind::kReadOnly});
  EXPECT_EQ(error_of([&] { file->append("2"); }), "cannot write to /y: Read-only file system");
  EXPECT_EQ(error_of([&] { disk.remove("/x"); }), "cannot remove /x: Read-only file system");
  EXPECT_EQ(error_of([&] { disk.rename("/x", "/z"); }), "cannot rename /x to /z: Read-only file system");
  EXPECT_EQ(error_of([&] { disk.make_directories("/d"); }), "cannot make the directory /d: Read-only file system");
  char byte;
  EXPECT_EQ(disk.open_for_read("/x")->read_at(0, &byte, 1), 1u);
  EXPECT_EQ(disk.read_file("/y"), "");
}

TEST(DiskFault, FlipsOneBitOfWhatIsReadAndLeavesTheDiskRight) {
  Disk disk(1);
  const std::string right(100, 'a');
  disk.write_file("/x", right);
  disk.inject({.kind = Kind::kBitFlip});
  std::string got(100, '?');
  ASSERT_EQ(disk.open_for_read("/x")->read_at(0, got.data(), 100), 100u);
  int bits = 0;
  for (std::size_t i = 0; i < 100; ++i) bits += std::popcount(static_cast<unsigned char>(got[i] ^ right[i]));
  EXPECT_EQ(bits, 1);
  EXPECT_EQ(disk.read_file("/x"), right);
}

TEST(DiskFault, RunsOutOfDescriptors) {
  Disk disk(1);
  disk.write_file("/x", "1");
  disk.set_open_limit(1);
  auto file = disk.open_for_read("/x");
  EXPECT_EQ(error_of([&] { disk.open_for_read("/x"); }),
            "cannot open /x: Too many open files (raise the limit on open files: ulimit -n)");
  EXPECT_EQ(error_of([&] { disk.create("/y"); }),
            "cannot create /y: Too many open files (raise the limit on open files: ulimit -n)");
  file.reset();
  EXPECT_EQ(error_of([&] { disk.open_for_read("/x"); }), "no error");
}

TEST(DiskFault, TellsTheLatencyOfSlowCalls) {
  Disk disk(1);
  std::chrono::nanoseconds total(0);
  int calls = 0;
  disk.on_call([&](std::chrono::nanoseconds latency) {
    total += latency;
    ++calls;
  });
  disk.inject({.kind = Kind::kSlow, .operations = {DiskOperation::kSync}, .latency = std::chrono::seconds(2)});
  const auto file = disk.create("/x");
  EXPECT_EQ(total.count(), 0);
  file->sync();
  EXPECT_EQ(total, std::chrono::seconds(2));
  EXPECT_EQ(calls, 2);
}

TEST(DiskFault, SaysWhetherARetryCanHelpAsTheRealFileSystemDoes) {
  Disk disk(1);
  const auto retry_of = [&](Kind kind) {
    disk.heal_all();
    disk.inject({.kind = kind});
    try {
      disk.create("/x");
    } catch (const ExternalError& error) {
      return error.retry();
    }
    ADD_FAILURE() << "no error";
    return Retry::kNo;
  };
  EXPECT_EQ(retry_of(Kind::kIoError), Retry::kYes);
  EXPECT_EQ(retry_of(Kind::kNoSpace), Retry::kYes);
  EXPECT_EQ(retry_of(Kind::kReadOnly), Retry::kNo);
}

}  // namespace
}  // namespace weir::sim
