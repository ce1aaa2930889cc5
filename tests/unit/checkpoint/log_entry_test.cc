#include "weir/checkpoint/log_entry.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "damage.h"
#include "hex.h"

namespace weir::checkpoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Hash128 kJob{0x0123456789abcdef, 0xfedcba9876543210};

std::vector<LogEntry> entries() {
  const CheckpointName name{GenerationId(3), CheckpointId(17)};
  return {{0, kJob, WriterId(0x1122334455667788), Born{"orders"}},
          {3, kJob, WriterId(0x1122334455667788), Takeover{"here:1", std::nullopt}},
          {4, kJob, WriterId(7), Takeover{"there:2", name}},
          {5, kJob, WriterId(7), Completed{name, "chk/3.17/MANIFEST", 1234, {5, 6}}},
          {6, kJob, WriterId(7), Finished{}}};
}

TEST(LogEntry, IsReadAsItWasWritten) {
  for (const LogEntry& entry : entries()) EXPECT_EQ(entry, decode_log_entry(encode_log_entry(entry), "log/1"));
}

TEST(LogEntry, RefusesEveryDamage) {
  for (const LogEntry& entry : entries())
    expect_damage_is_found(encode_log_entry(entry), "c/log/5",
                           [](const std::string& bytes) { decode_log_entry(bytes, "c/log/5"); });
}

// docs/formats/log.md describes these bytes.
TEST(LogEntry, HasTheBytesThatItHasAlwaysHad) {
  const std::string kCompleted =
      "574549524c4f47450100000051000000000000000805121209efcdab89674523\n"
      "01111032547698badcfe19070000000000000032300a0408031011121163686b\n"
      "2f332e31372f4d414e494645535418d209221209050000000000000011060000\n"
      "0000000000686c6e039f7240f5dac3d7811bd89a4c";
  EXPECT_EQ(kCompleted, to_hex(encode_log_entry(entries()[3])));
  EXPECT_EQ(entries()[3], decode_log_entry(from_hex(kCompleted), "log/5"));
}

TEST(LogEntry, RefusesAnotherVersionAndNamesBoth) {
  // A whole file of version 2: only its version and its checksum differ.
  std::string file = encode_log_entry(entries()[0]);
  file[8] = 2;
  const Hash128 hash = hash128(file.substr(0, file.size() - 16));
  for (std::size_t i = 0; i < 8; ++i) {
    file[file.size() - 16 + i] = static_cast<char>(hash.low >> (8 * i));
    file[file.size() - 8 + i] = static_cast<char>(hash.high >> (8 * i));
  }
  try {
    decode_log_entry(file, "log/0");
    FAIL() << "was read";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("log/0"), HasSubstr("version 2"), HasSubstr("version 1")));
  }
}

TEST(LogEntry, IsShownInAFewWords) {
  EXPECT_EQ("Born orders", to_string(entries()[0]));
  EXPECT_EQ("Takeover by here:1, from the beginning", to_string(entries()[1]));
  EXPECT_EQ("Takeover by there:2, from 3.17", to_string(entries()[2]));
  EXPECT_EQ("Completed 3.17", to_string(entries()[3]));
  EXPECT_EQ("Finished", to_string(entries()[4]));
}

}  // namespace
}  // namespace weir::checkpoint
