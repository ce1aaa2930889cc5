#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/log_entry.h"
#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/store.h"
#include "weir/core/error.h"
#include "weir/core/hash.h"
#include "weir/sim/random.h"
#include "weir/sim/world.h"

#include "kit/example_jobs.h"
#include "kit/sim_job.h"
#include "kit/word_count_case.h"

// Files of a checkpoint directory that a job left, and that were damaged since: found before they are used, and named.

namespace weir::tests {
namespace {

using runtime::JobResult;
using testing::AllOf;
using testing::HasSubstr;

constexpr int kFlips = 10'000;

/// A disk on which a job was killed when it had completed a few checkpoints.
class Damage : public testing::Test {
 protected:
  Damage() {
    std::string bytes;
    for (int i = 0; i < 3000; ++i) bytes += fmt::format("{}\tw{}\n", i, i % 40);
    world_.disk().write_file("/in/words", bytes);
    world_.arm("checkpoint: delivered", 4);
    try {
      SimJob job(world_, event_time_word_count, options());
      killed_ = false;
      job.run();
    } catch (const sim::Killed&) {
      killed_ = true;
    }
    world_.kill_process();
    world_.start_process();
    for (const std::string& path : world_.disk().list_recursive("/")) good_[path] = world_.disk().read_file(path);
    find_files();
  }

  static SimOptions options() {
    SimOptions options;
    options.parallelism = 2;
    options.batch_size = 1;
    options.arguments = {"--input=/in", "--output=/out", "--late=/late", "--window=tumbling:500ms"};
    checkpoint::Options checkpoints;
    checkpoints.directory = "/checkpoints";
    checkpoints.job = "damaged";
    checkpoints.interval = Duration(1);
    options.checkpoints = checkpoints;
    return options;
  }

  /// The newest checkpoint that is completed: its entry in the log, its manifest, its state files.
  void find_files() {
    std::map<std::uint64_t, std::string> log;
    for (const auto& [path, bytes] : good_) {
      if (!path.starts_with(layout_.log() + "/")) continue;
      if (const auto index = checkpoint::parse_number(path.substr(layout_.log().size() + 1))) log.emplace(*index, path);
    }
    for (const auto& [index, path] : log) {
      log_.push_back(path);
      const checkpoint::LogEntry entry = checkpoint::decode_log_entry(good_.at(path), path);
      if (const auto* completed = std::get_if<checkpoint::Completed>(&entry.what)) newest_ = *completed;
    }
    ASSERT_TRUE(newest_);
    manifest_path_ = layout_.absolute(newest_->manifest);
    manifest_ = checkpoint::decode_manifest(good_.at(manifest_path_), manifest_path_);
    for (const OperatorSnapshot& snapshot : manifest_.operators)
      if (snapshot.keyed) state_.insert(state_.end(), snapshot.keyed->files.begin(), snapshot.keyed->files.end());
    ASSERT_GE(state_.size(), 2U);
  }

  /// What is thrown when a file with these bytes is read as what it should be; nothing: it is taken.
  std::string read(const std::string& path, const std::string& bytes) {
    try {
      if (path == manifest_path_) {
        checkpoint::decode_manifest(bytes, path);
        return "";
      }
      if (std::find(log_.begin(), log_.end(), path) != log_.end()) {
        checkpoint::decode_log_entry(bytes, path);
        return "";
      }
      world_.disk().write_file(path, bytes);
      const checkpoint::Store store(world_, layout_);
      for (const StoredFile& file : state_)
        if (layout_.absolute(file.path) == path) store.verify(file);
    } catch (const CorruptionError& error) {
      world_.disk().write_file(path, good_.at(path));
      return error.what();
    }
    return "";
  }

  std::string run_job() {
    SimJob job(world_, event_time_word_count, options());
    const JobResult& result = job.run();
    std::string message = result.state == JobResult::State::kFailed ? result.message : "";
    return message;
  }

  /// Starts the job beside the damage: it must fail with the name of one of the files and leave the output as it is.
  void expect_refused(const std::string& what, const std::vector<std::string>& paths) {
    const std::string message = run_job();
    EXPECT_TRUE(std::any_of(paths.begin(), paths.end(),
                            [&](const std::string& path) {
                              return message.find(path.substr(layout_.directory().size() + 1)) != std::string::npos;
                            }))
        << what << ": " << message;
    for (const auto& [path, bytes] : good_)
      if (path.starts_with("/out/")) {
        EXPECT_EQ(world_.disk().read_file(path), bytes) << what;
      }
    put_back();
  }

  void put_back() {
    for (const std::string& path : world_.disk().list_recursive("/"))
      if (!good_.contains(path)) world_.disk().erase(path);
    for (const auto& [path, bytes] : good_) world_.disk().write_file(path, bytes);
  }

  std::vector<std::string> all_files() const {
    std::vector<std::string> files = log_;
    files.push_back(manifest_path_);
    for (const StoredFile& file : state_) files.push_back(layout_.absolute(file.path));
    return files;
  }

  sim::World world_{4711};
  sim::Random random_{17};
  bool killed_ = false;
  const checkpoint::Layout layout_{"/checkpoints", "damaged"};
  std::map<std::string, std::string> good_;
  std::vector<std::string> log_;  ///< by index
  std::optional<checkpoint::Completed> newest_;
  std::string manifest_path_;
  checkpoint::Manifest manifest_;
  std::vector<StoredFile> state_;
};

TEST_F(Damage, OfASingleBitIsAlwaysFoundAndNamed) {
  ASSERT_TRUE(killed_);
  const std::vector<std::string> files = all_files();
  for (int i = 0; i < kFlips; ++i) {
    const std::string& path = files[random_.below(files.size())];
    std::string bytes = good_.at(path);
    const std::uint64_t bit = random_.below(bytes.size() * 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    ASSERT_THAT(read(path, bytes), HasSubstr(path.substr(path.rfind('/') + 1))) << path << ", bit " << bit;
  }
}

TEST_F(Damage, ByACutIsAlwaysFoundAndNamed) {
  for (const std::string& path : all_files()) {
    const std::string& good = good_.at(path);
    const std::size_t step = std::max<std::size_t>(1, good.size() / 200);
    for (std::size_t size = 0; size < good.size(); size += step)
      ASSERT_THAT(read(path, good.substr(0, size)), HasSubstr(path.substr(path.rfind('/') + 1))) << size;
    ASSERT_NE(read(path, good + '\0'), "") << path;
  }
}

TEST_F(Damage, EndsTheJobWithTheNameOfTheFileBeforeAnythingIsDelivered) {
  for (const std::string& path : all_files()) {
    // Entries of the log that say nothing of the newest checkpoint may be passed over.
    if (path.starts_with(layout_.log() + "/") && path != log_.back()) continue;
    for (const char* how : {"flipped", "cut", "removed"}) {
      std::string bytes = good_.at(path);
      bytes[bytes.size() / 2] ^= 1;
      if (*how == 'c') bytes.resize(bytes.size() / 2);
      if (*how == 'r') {
        // A log without its newest entry is one that never had it.
        if (path.starts_with(layout_.log())) continue;
        world_.disk().erase(path);
      } else {
        world_.disk().write_file(path, bytes);
      }
      expect_refused(path + " " + how, {path});
    }
  }
}

TEST_F(Damage, ByAnExchangeOfFilesEndsTheJob) {
  const std::string first = layout_.absolute(state_[0].path);
  const std::string second = layout_.absolute(state_[1].path);
  world_.disk().write_file(first, good_.at(second));
  world_.disk().write_file(second, good_.at(first));
  expect_refused("two state files", {first, second});

  for (const auto& [path, bytes] : good_) {
    if (!path.ends_with("/MANIFEST") || path == manifest_path_) continue;
    world_.disk().write_file(manifest_path_, bytes);
    expect_refused("the manifest of another checkpoint", {manifest_path_});
  }
}

TEST_F(Damage, ThatWasMendedIsForgotten) {
  const std::string path = layout_.absolute(state_[0].path);
  world_.disk().write_file(path, "nonsense");
  expect_refused("a state file of nonsense", {path});
  EXPECT_EQ(run_job(), "");
}

/// As it would be written by a version to come: whole, and with another number behind the magic.
std::string of_version(std::string bytes, std::uint32_t version) {
  constexpr std::size_t kVersionAt = 8;
  constexpr std::size_t kHash = 16;
  for (std::size_t i = 0; i < 4; ++i) bytes[kVersionAt + i] = static_cast<char>(version >> (8 * i) & 0xff);
  bytes.resize(bytes.size() - kHash);
  const Hash128 hash = hash128(bytes);
  for (const std::uint64_t half : {hash.low, hash.high})
    for (std::size_t i = 0; i < 8; ++i) bytes += static_cast<char>(half >> (8 * i) & 0xff);
  return bytes;
}

TEST_F(Damage, IsNotWhatAFileOfANewerVersionHas) {
  const std::string bytes = of_version(good_.at(log_.back()), 7);
  EXPECT_THROW(checkpoint::decode_log_entry(bytes, "log/9"), UserError);
  world_.disk().write_file(log_.back(), bytes);
  EXPECT_THAT(run_job(), AllOf(HasSubstr("7"), HasSubstr("version"), HasSubstr(log_.back())));
  put_back();
  EXPECT_THROW(checkpoint::decode_manifest(of_version(good_.at(manifest_path_), 7), "MANIFEST"), UserError);
}

}  // namespace
}  // namespace weir::tests
