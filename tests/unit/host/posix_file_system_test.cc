#include "weir/host/posix_file_system.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "test_tools.h"

namespace weir::host {
namespace {

using testing::HasSubstr;

std::string read_all(FileSystem& files, const std::string& path) {
  const auto file = files.open_for_read(path);
  std::string bytes(file->size(), '\0');
  EXPECT_EQ(file->read_at(0, bytes.data(), bytes.size()), bytes.size());
  return bytes;
}

void write_all(FileSystem& files, const std::string& path, std::string_view bytes) {
  const auto file = files.create(path);
  file->append(bytes);
  file->sync();
}

TEST(PosixFileSystem, ReadsBackWhatWasAppended) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  const auto file = files.create(directory / "a");
  file->append("hello ");
  file->append("");
  file->append("world");
  file->sync();
  EXPECT_EQ(file->size(), 11U);
  EXPECT_EQ(read_all(files, directory / "a"), "hello world");
}

TEST(PosixFileSystem, ReadsFewerBytesOnlyAtTheEnd) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  write_all(files, directory / "a", "0123456789");
  const auto file = files.open_for_read(directory / "a");
  std::string into(8, '.');
  EXPECT_EQ(file->read_at(6, into.data(), into.size()), 4U);
  EXPECT_EQ(into, "6789....");
  EXPECT_EQ(file->read_at(10, into.data(), into.size()), 0U);
  EXPECT_EQ(file->read_at(99, into.data(), into.size()), 0U);
}

TEST(PosixFileSystem, LinksAFileUnderAFreeNameOnly) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  write_all(files, directory / "a", "bytes");
  write_all(files, directory / "b", "others");
  EXPECT_EQ(files.link(directory / "a", directory / "c"), LinkResult::kLinked);
  EXPECT_EQ(files.link(directory / "a", directory / "b"), LinkResult::kExists);
  files.remove(directory / "a");
  EXPECT_EQ(read_all(files, directory / "c"), "bytes");
  EXPECT_EQ(read_all(files, directory / "b"), "others");
  EXPECT_EQ(files.link("/proc/self/status", directory / "d"), LinkResult::kNotPossible);
  EXPECT_THAT(error_of([&] { files.link(directory / "missing", directory / "d"); }),
              HasSubstr("No such file or directory"));
}

TEST(PosixFileSystem, LocksForOneHolderAtATime) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  auto lock = files.try_lock(directory / "lock", "first, who has a long name");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(files.try_lock(directory / "lock", "second"), nullptr);
  EXPECT_EQ(read_all(files, directory / "lock"), "first, who has a long name");
  lock.reset();
  EXPECT_NE(files.try_lock(directory / "lock", "second"), nullptr);
  EXPECT_EQ(read_all(files, directory / "lock"), "second");
}

TEST(PosixFileSystem, GivesALockOfItsOwnWhenTheFileWasRemoved) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  const auto old_lock = files.try_lock(directory / "lock", "stopped");
  files.remove(directory / "lock");
  const auto lock = files.try_lock(directory / "lock", "taken over");
  EXPECT_NE(lock, nullptr);
  EXPECT_EQ(files.try_lock(directory / "lock", "third"), nullptr);
  EXPECT_EQ(read_all(files, directory / "lock"), "taken over");
}

TEST(PosixFileSystem, CreatesOnlyWhatIsNotThere) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  write_all(files, directory / "a", "old");
  EXPECT_EQ(error_of([&] { files.create(directory / "a"); }), "cannot create " + (directory / "a") + ": File exists");
  EXPECT_EQ(read_all(files, directory / "a"), "old");
}

TEST(PosixFileSystem, NamesThePathThatIsMissingAndAdvisesAgainstARetry) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  try {
    files.open_for_read(directory / "a");
    FAIL() << "opened what is not there";
  } catch (const ExternalError& error) {
    EXPECT_EQ(error.what(), "cannot open " + (directory / "a") + ": No such file or directory");
    EXPECT_EQ(error.retry(), Retry::kNo);
  }
  EXPECT_THAT(error_of([&] { files.list(directory / "b"); }), HasSubstr(directory / "b"));
  EXPECT_THAT(error_of([&] { files.sync_directory(directory / "c"); }), HasSubstr(directory / "c"));
}

TEST(PosixFileSystem, WaitsForNobodyToWriteIntoAPipe) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
  PosixFileSystem files;
  EXPECT_EQ(error_of([&] { files.open_for_read(directory / "pipe"); }),
            "cannot open " + (directory / "pipe") + ": it is a pipe, not a file");
}

TEST(PosixFileSystem, ListsByName) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  write_all(files, directory / "b", "12");
  files.make_directories(directory / "c");
  write_all(files, directory / "a", "1");
  ASSERT_EQ(::symlink("nowhere", (directory / "d").c_str()), 0);
  const auto entries = files.list(directory.path());
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[0].type, FileType::kFile);
  EXPECT_EQ(entries[0].size, 1U);
  EXPECT_EQ(entries[1].name, "b");
  EXPECT_EQ(entries[1].size, 2U);
  EXPECT_EQ(entries[2].name, "c");
  EXPECT_EQ(entries[2].type, FileType::kDirectory);
  EXPECT_EQ(entries[3].name, "d");
  EXPECT_EQ(entries[3].type, FileType::kOther);
}

TEST(PosixFileSystem, MakesDirectoriesWithTheirParents) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  files.make_directories(directory / "a/b//c/");
  files.make_directories(directory / "a/b/c");
  files.make_directories(directory / "a");
  EXPECT_TRUE(files.exists(directory / "a/b/c"));
  files.make_directories("/");
}

TEST(PosixFileSystem, MakesNoDirectoryWhereAFileIs) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  write_all(files, directory / "a", "");
  EXPECT_EQ(error_of([&] { files.make_directories(directory / "a"); }),
            "cannot make the directory " + (directory / "a") + ": File exists");
  EXPECT_EQ(error_of([&] { files.make_directories(directory / "a/b"); }),
            "cannot make the directory " + (directory / "a/b") + ": Not a directory");
}

class PosixRename : public testing::TestWithParam<NoReplace> {};

TEST_P(PosixRename, GivesAFileItsNewName) {
  const TemporaryDirectory directory;
  PosixFileSystem files(GetParam());
  write_all(files, directory / "a", "text");
  files.rename(directory / "a", directory / "b");
  files.sync_directory(directory.path());
  EXPECT_FALSE(files.exists(directory / "a"));
  EXPECT_EQ(read_all(files, directory / "b"), "text");
}

TEST_P(PosixRename, NeverReplacesWhatIsThere) {
  const TemporaryDirectory directory;
  PosixFileSystem files(GetParam());
  write_all(files, directory / "a", "new");
  write_all(files, directory / "b", "old");
  EXPECT_EQ(error_of([&] { files.rename(directory / "a", directory / "b"); }),
            "cannot rename " + (directory / "a") + " to " + (directory / "b") + ": File exists");
  EXPECT_EQ(read_all(files, directory / "a"), "new");
  EXPECT_EQ(read_all(files, directory / "b"), "old");
}

INSTANTIATE_TEST_SUITE_P(Ways, PosixRename, testing::Values(NoReplace::kByFlag, NoReplace::kByLink));

TEST(PosixFileSystem, RenamesADirectoryButNotOverAnEmptyOne) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  files.make_directories(directory / "a");
  files.make_directories(directory / "b");
  EXPECT_THAT(error_of([&] { files.rename(directory / "a", directory / "b"); }), HasSubstr("File exists"));
  files.rename(directory / "a", directory / "c");
  EXPECT_FALSE(files.exists(directory / "a"));
  EXPECT_TRUE(files.exists(directory / "c"));
}

TEST(PosixFileSystem, RemovesFilesAndEmptyDirectoriesOnly) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  files.make_directories(directory / "a");
  write_all(files, directory / "a/b", "");
  EXPECT_EQ(error_of([&] { files.remove(directory / "a"); }),
            "cannot remove " + (directory / "a") + ": Directory not empty");
  files.remove(directory / "a/b");
  files.remove(directory / "a/b");
  files.remove(directory / "a");
  EXPECT_FALSE(files.exists(directory / "a"));
}

TEST(PosixFileSystem, SaysThatItCannotWriteToAFileOpenedForReading) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  write_all(files, directory / "a", "");
  const auto file = files.open_for_read(directory / "a");
  EXPECT_EQ(error_of([&] { file->append("x"); }), "cannot write to " + (directory / "a") + ": Bad file descriptor");
}

TEST(PosixFileSystem, SaysThatTheDiskIsFull) {
  const TemporaryDirectory directory;
  if (::mount("weir-test", directory.path().c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "mounting a small disk needs root";
  PosixFileSystem files;
  const std::string path = directory / "a";
  std::string said;
  bool wrote = false;
  {
    const auto file = files.create(path);
    file->append(std::string(16 * 1024, 'x'));
    said = error_of([&] { file->append(std::string(128 * 1024, 'x')); });
    // The short write before the error took what space was left.
    wrote = file->size() == 64 * 1024;
  }
  EXPECT_EQ(::umount(directory.path().c_str()), 0);
  EXPECT_EQ(said, "cannot write to " + path + ": No space left on device (free some space, or use a larger disk)");
  EXPECT_TRUE(wrote);
}

}  // namespace
}  // namespace weir::host
