#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/disk.h"

namespace weir::sim {
namespace {

constexpr std::uint64_t kSeeds = 200;

/// All files of a disk with their bytes, one text.
std::string contents(Disk& disk) {
  std::string text;
  for (const std::string& path : disk.list_recursive("/")) text += path + "=" + disk.read_file(path) + " ";
  return text;
}

/// What is found after a crash that follows `work`, over many seeds.
std::set<std::string> outcomes(const std::function<void(Disk&)>& work) {
  std::set<std::string> found;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk(seed);
    work(disk);
    disk.crash();
    found.insert(contents(disk));
  }
  return found;
}

using Outcomes = std::set<std::string>;

TEST(DiskCrash, KeepsWhatWasSynced) {
  EXPECT_EQ(outcomes([](Disk& disk) {
              const auto file = disk.create("/x");
              file->append("bytes");
              file->sync();
              disk.sync_directory("/");
            }),
            Outcomes{"/x=bytes "});
}

TEST(DiskCrash, LosesOrKeepsANameThatWasNotSynced) {
  EXPECT_EQ(outcomes([](Disk& disk) {
              const auto file = disk.create("/x");
              file->append("bytes");
              file->sync();
            }),
            (Outcomes{"", "/x=bytes "}));
}

TEST(DiskCrash, LosesKeepsOrTearsBytesThatWereNotSynced) {
  std::set<std::size_t> lengths;
  bool zeroed = false;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk(seed);
    const auto file = disk.create("/x");
    file->append(std::string(1000, 'a'));
    file->sync();
    disk.sync_directory("/");
    file->append(std::string(3000, 'b'));
    disk.crash();
    const std::string bytes = disk.read_file("/x");
    ASSERT_GE(bytes.size(), 1000u);
    ASSERT_LE(bytes.size(), 4000u);
    EXPECT_EQ(bytes.substr(0, 1000), std::string(1000, 'a'));
    for (const char byte : bytes.substr(1000)) EXPECT_TRUE(byte == 'b' || byte == '\0');
    zeroed |= std::count(bytes.begin(), bytes.end(), '\0') > 0;
    lengths.insert(bytes.size());
  }
  EXPECT_TRUE(lengths.contains(1000));
  EXPECT_TRUE(lengths.contains(4000));
  EXPECT_GT(lengths.size(), 10u);
  EXPECT_TRUE(zeroed);
}

TEST(DiskCrash, ShowsARenameDoneOrNotDoneAndNeverBothOrNeither) {
  EXPECT_EQ(outcomes([](Disk& disk) {
              disk.write_file("/staged/x", "bytes");
              disk.write_file("/out/other", "");
              disk.rename("/staged/x", "/out/x");
            }),
            (Outcomes{"/out/other= /staged/x=bytes ", "/out/other= /out/x=bytes "}));
}

TEST(DiskCrash, KeepsARenameWhenTheDirectoryOfTheNewNameIsSynced) {
  const auto rename_and_sync = [](const std::string& directory) {
    return [directory](Disk& disk) {
      disk.write_file("/staged/x", "bytes");
      disk.write_file("/out/other", "");
      disk.rename("/staged/x", "/out/x");
      disk.sync_directory(directory);
    };
  };
  EXPECT_EQ(outcomes(rename_and_sync("/out")), Outcomes{"/out/other= /out/x=bytes "});
  EXPECT_EQ(outcomes(rename_and_sync("/staged")).size(), 2u);
}

TEST(DiskCrash, KeepsTheCreationWithTheRenameThatIsDurable) {
  EXPECT_EQ(outcomes([](Disk& disk) {
              disk.write_file("/staged/old", "");
              disk.write_file("/out/old", "");
              const auto file = disk.create("/staged/x");
              file->append("bytes");
              file->sync();
              disk.rename("/staged/x", "/out/x");
              disk.sync_directory("/out");
            }),
            Outcomes{"/out/old= /out/x=bytes /staged/old= "});
}

TEST(DiskCrash, LosesOrKeepsARemovalThatWasNotSynced) {
  const auto remove = [](Disk& disk) {
    disk.write_file("/x", "bytes");
    disk.remove("/x");
  };
  EXPECT_EQ(outcomes(remove), (Outcomes{"", "/x=bytes "}));
  EXPECT_EQ(outcomes([&](Disk& disk) {
              remove(disk);
              disk.sync_directory("/");
            }),
            Outcomes{""});
}

TEST(DiskCrash, LosesADirectoryWithAllThatIsInItWhenItsOwnNameWasNotSynced) {
  const auto write = [](Disk& disk) {
    disk.make_directories("/new/deep");
    const auto file = disk.create("/new/deep/x");
    file->append("bytes");
    file->sync();
    disk.sync_directory("/new/deep");
  };
  EXPECT_EQ(outcomes(write), (Outcomes{"", "/new/deep/x=bytes "}));
  EXPECT_EQ(outcomes([&](Disk& disk) {
              write(disk);
              disk.sync_directory("/new");
              disk.sync_directory("/");
            }),
            Outcomes{"/new/deep/x=bytes "});
}

TEST(DiskCrash, KeepsChangesOfDifferentNamesInAnyCombination) {
  EXPECT_EQ(outcomes([](Disk& disk) {
              disk.create("/a");
              disk.create("/b");
            }),
            (Outcomes{"", "/a= ", "/b= ", "/a= /b= "}));
}

TEST(DiskCrash, NeverKeepsALaterChangeOfANameWithoutTheEarlierOnes) {
  EXPECT_EQ(outcomes([](Disk& disk) {
              disk.write_file("/x", "old");
              disk.remove("/x");
              const auto file = disk.create("/x");
              file->append("new");
              file->sync();
              disk.rename("/x", "/y");
            }),
            (Outcomes{"/x=old ", "", "/x=new ", "/y=new "}));
}

TEST(DiskCrash, NeverShowsAFileTwiceThatWasRenamedTwice) {
  EXPECT_EQ(outcomes([](Disk& disk) {
              disk.write_file("/a", "bytes");
              disk.rename("/a", "/b");
              disk.rename("/b", "/c");
            }),
            (Outcomes{"/a=bytes ", "/b=bytes ", "/c=bytes "}));
}

TEST(DiskCrash, ForgetsBytesWhoseSyncFailedThoughALaterSyncSucceeds) {
  bool lost = false;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk(seed);
    const auto file = disk.create("/x");
    disk.sync_directory("/");
    file->append("bytes");
    disk.inject({.operations = {DiskOperation::kSync}, .times = 1});
    EXPECT_THROW(file->sync(), ExternalError);
    EXPECT_THROW(file->sync(), ExternalError);
    disk.open_for_read("/x")->sync();
    disk.crash();
    lost |= disk.read_file("/x") != "bytes";
  }
  EXPECT_TRUE(lost);
}

TEST(DiskCrash, KillsFilesThatWereOpen) {
  Disk disk(3);
  const auto file = disk.create("/x");
  file->sync();
  disk.sync_directory("/");
  disk.crash();
  file->append("from the grave");
  file->sync();
  EXPECT_EQ(contents(disk), "/x= ");
}

TEST(DiskCrash, CountsTheBytesThatAreLeft) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk(seed);
    disk.write_file("/kept", "12345");
    disk.create("/perhaps")->append("123");
    disk.write_file("/perhaps removed", "1");
    disk.remove("/perhaps removed");
    disk.crash();
    std::uint64_t bytes = 0;
    for (const std::string& path : disk.list_recursive("/")) bytes += disk.read_file(path).size();
    EXPECT_EQ(disk.used(), bytes);
    for (const std::string& path : disk.list_recursive("/")) disk.remove(path);
    EXPECT_EQ(disk.used(), 0u);
  }
}

TEST(DiskKill, KeepsEverythingAndKillsFilesThatWereOpen) {
  Disk disk(3);
  const auto file = disk.create("/x");
  file->append("bytes");
  disk.kill();
  file->append("from the grave");
  EXPECT_EQ(contents(disk), "/x=bytes ");
  disk.create("/y")->append("alive");
  EXPECT_EQ(contents(disk), "/x=bytes /y=alive ");
}

TEST(DiskKill, LetsNoDeadProcessMakeItsBytesDurable) {
  bool lost = false;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk(seed);
    const auto file = disk.create("/x");
    disk.sync_directory("/");
    file->append("bytes");
    disk.kill();
    file->sync();
    disk.crash();
    lost |= disk.read_file("/x") != "bytes";
  }
  EXPECT_TRUE(lost);
}

}  // namespace
}  // namespace weir::sim
