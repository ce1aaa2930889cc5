#include "weir/sim/disk.h"

#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::sim {
namespace {

std::string error_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const ExternalError& error) {
    return error.what();
  }
  return "no error";
}

std::string read(Disk& disk, const std::string& path, std::uint64_t offset = 0, std::size_t size = 100) {
  std::string bytes(size, '?');
  bytes.resize(disk.open_for_read(path)->read_at(offset, bytes.data(), size));
  return bytes;
}

TEST(Disk, GivesBackWhatWasAppended) {
  Disk disk(1);
  {
    const auto file = disk.create("/a");
    file->append("hello ");
    file->append("world");
    EXPECT_EQ(file->size(), 11u);
    EXPECT_EQ(disk.open_files(), 1u);
  }
  EXPECT_EQ(disk.open_files(), 0u);
  EXPECT_EQ(read(disk, "/a"), "hello world");
  EXPECT_EQ(read(disk, "/a", 6, 3), "wor");
  EXPECT_EQ(read(disk, "/a", 11), "");
  EXPECT_EQ(read(disk, "/a", 1000), "");
}

TEST(Disk, ListsADirectorySortedWithTypesAndSizes) {
  Disk disk(1);
  disk.make_directories("/top/b");
  disk.write_file("/top/c", "123");
  disk.write_file("/top/a", "");
  const auto entries = disk.list("/top");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[1].name, "b");
  EXPECT_EQ(entries[1].type, FileType::kDirectory);
  EXPECT_EQ(entries[2].name, "c");
  EXPECT_EQ(entries[2].type, FileType::kFile);
  EXPECT_EQ(entries[2].size, 3u);
}

TEST(Disk, TakesPathsAsTheFileSystemDoes) {
  Disk disk(1);
  disk.make_directories("out/./deep//er/");
  disk.write_file("/out/deep/x", "1");
  EXPECT_TRUE(disk.exists("/out/deep/er"));
  EXPECT_TRUE(disk.exists("out/deep/er/../x"));
  EXPECT_FALSE(disk.exists("/out/deep/x/y"));
  EXPECT_TRUE(disk.exists("/"));
}

TEST(Disk, MovesAFileOrADirectoryByRename) {
  Disk disk(1);
  disk.write_file("/from/x/1", "one");
  disk.make_directories("/to");
  disk.rename("/from/x", "/to/y");
  EXPECT_EQ(disk.list_recursive("/"), (std::vector<std::string>{"/to/y/1"}));
  disk.rename("/to/y/1", "/from/1");
  EXPECT_EQ(disk.read_file("/from/1"), "one");
}

TEST(Disk, RemovesFilesAndEmptyDirectoriesAndMissesNothing) {
  Disk disk(1);
  disk.write_file("/d/x", "one");
  disk.remove("/d/x");
  disk.remove("/d");
  EXPECT_FALSE(disk.exists("/d"));
  disk.remove("/d");
  disk.remove("/d/x");
}

TEST(Disk, LetsAnOpenFileBeReadThatWasRemoved) {
  Disk disk(1);
  disk.write_file("/x", "bytes");
  const auto file = disk.open_for_read("/x");
  disk.remove("/x");
  char bytes[5];
  EXPECT_EQ(file->read_at(0, bytes, 5), 5u);
  EXPECT_EQ(std::string_view(bytes, 5), "bytes");
}

TEST(Disk, SaysWhatWentWrongInTheWordsOfTheSystem) {
  Disk disk(1);
  disk.write_file("/d/x", "1");
  disk.write_file("/y", "1");
  EXPECT_EQ(error_of([&] { disk.open_for_read("/none"); }), "cannot open /none: No such file or directory");
  EXPECT_EQ(error_of([&] { disk.open_for_read("/y/z"); }), "cannot open /y/z: Not a directory");
  EXPECT_EQ(error_of([&] { disk.open_for_read("/d"); }), "cannot open /d: Is a directory");
  EXPECT_EQ(error_of([&] { disk.create("/y"); }), "cannot create /y: File exists");
  EXPECT_EQ(error_of([&] { disk.create("/none/x"); }), "cannot create /none/x: No such file or directory");
  EXPECT_EQ(error_of([&] { disk.list("/none"); }), "cannot list /none: No such file or directory");
  EXPECT_EQ(error_of([&] { disk.list("/y"); }), "cannot list /y: Not a directory");
  EXPECT_EQ(error_of([&] { disk.make_directories("/y"); }), "cannot make the directory /y: File exists");
  EXPECT_EQ(error_of([&] { disk.rename("/none", "/z"); }), "cannot rename /none to /z: No such file or directory");
  EXPECT_EQ(error_of([&] { disk.rename("/y", "/d/x"); }), "cannot rename /y to /d/x: File exists");
  EXPECT_EQ(error_of([&] { disk.rename("/d", "/d/e"); }), "cannot rename /d to /d/e: Invalid argument");
  EXPECT_EQ(error_of([&] { disk.remove("/d"); }), "cannot remove /d: Directory not empty");
  EXPECT_EQ(error_of([&] { disk.sync_directory("/none"); }),
            "cannot open the directory /none: No such file or directory");
  EXPECT_EQ(error_of([&] { disk.open_for_read("/y")->append("x"); }), "cannot write to /y: Bad file descriptor");
}

TEST(Disk, CountsTheBytesOfItsFiles) {
  Disk disk(1);
  disk.write_file("/x", "12345");
  disk.create("/y")->append("123");
  EXPECT_EQ(disk.used(), 8u);
  disk.rename("/y", "/z");
  EXPECT_EQ(disk.used(), 8u);
  disk.write_file("/x", "1");
  EXPECT_EQ(disk.used(), 4u);
  disk.remove("/z");
  EXPECT_EQ(disk.used(), 1u);
}

TEST(Disk, LetsTestsListReadReplaceAndErase) {
  Disk disk(1);
  disk.write_file("/a/b/c", "1");
  disk.write_file("/a/d", "2");
  disk.write_file("/e", "3");
  EXPECT_EQ(disk.list_recursive("/"), (std::vector<std::string>{"/a/b/c", "/a/d", "/e"}));
  EXPECT_EQ(disk.list_recursive("/a/b"), (std::vector<std::string>{"/a/b/c"}));
  EXPECT_TRUE(disk.list_recursive("/none").empty());
  disk.write_file("/a/d", "new");
  EXPECT_EQ(disk.read_file("/a/d"), "new");
  disk.erase("/a");
  EXPECT_EQ(disk.list_recursive("/"), (std::vector<std::string>{"/e"}));
  disk.crash();
  EXPECT_EQ(disk.list_recursive("/"), (std::vector<std::string>{"/e"}));
}

TEST(Disk, LinksAFileUnderAFreeNameOnly) {
  Disk disk(1);
  disk.write_file("/a", "bytes");
  disk.write_file("/b", "others");
  EXPECT_EQ(disk.link("/a", "/c"), LinkResult::kLinked);
  EXPECT_EQ(disk.link("/a", "/b"), LinkResult::kExists);
  EXPECT_EQ(disk.read_file("/c"), "bytes");
  EXPECT_EQ(disk.read_file("/b"), "others");
  disk.remove("/a");
  EXPECT_EQ(disk.read_file("/c"), "bytes");
  EXPECT_EQ(disk.used(), 11U);
}

TEST(Disk, LocksForOneProcessAtATime) {
  Disk disk(1);
  auto lock = disk.try_lock("/lock", "first");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(disk.try_lock("/lock", "second"), nullptr);
  EXPECT_EQ(disk.read_file("/lock"), "first");
  lock.reset();
  lock = disk.try_lock("/lock", "second");
  ASSERT_NE(lock, nullptr);
  disk.kill();
  const auto next = disk.try_lock("/lock", "third");
  EXPECT_NE(next, nullptr);
  lock.reset();
  EXPECT_EQ(disk.try_lock("/lock", "fourth"), nullptr);
  EXPECT_EQ(disk.read_file("/lock"), "third");
}

TEST(Disk, CountsTheBytesOfALock) {
  Disk disk(1);
  const auto lock = disk.try_lock("/lock", "holder");
  EXPECT_EQ(disk.used(), 6u);
  disk.remove("/lock");
  EXPECT_EQ(disk.used(), 0u);
}

TEST(Disk, GivesALockOfItsOwnWhenTheFileWasRemoved) {
  Disk disk(1);
  const auto old_lock = disk.try_lock("/lock", "stopped");
  disk.remove("/lock");
  EXPECT_NE(disk.try_lock("/lock", "taken over"), nullptr);
  EXPECT_EQ(disk.read_file("/lock"), "taken over");
}

TEST(Disk, IgnoresChangesWhileDetached) {
  Disk disk(1);
  disk.write_file("/x", "1");
  const auto open = disk.create("/open");
  disk.detach();
  open->append("lost");
  open->sync();
  disk.create("/y")->append("2");
  disk.make_directories("/d/e");
  disk.remove("/x");
  disk.rename("/x", "/z");
  disk.attach();
  EXPECT_EQ(disk.list_recursive("/"), (std::vector<std::string>{"/open", "/x"}));
  EXPECT_FALSE(disk.exists("/d"));
  EXPECT_EQ(disk.read_file("/open"), "");
}

}  // namespace
}  // namespace weir::sim
