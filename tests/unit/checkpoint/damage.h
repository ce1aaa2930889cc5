#pragma once

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::checkpoint {

/// Every way in which one byte, or the length, of a file can be wrong is a CorruptionError that names the file.
inline void expect_damage_is_found(const std::string& whole, const std::string& path,
                                   const std::function<void(const std::string& bytes)>& decode) {
  const auto expect_refused = [&](const std::string& bytes, const std::string& what) {
    try {
      decode(bytes);
      ADD_FAILURE() << what << " was not noticed";
    } catch (const CorruptionError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(path)) << what;
    }
  };
  ASSERT_NO_THROW(decode(whole));
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      expect_refused(damaged, "a flip in byte " + std::to_string(i));
    }
  for (std::size_t size = 0; size < whole.size(); ++size)
    expect_refused(whole.substr(0, size), "the loss of what follows byte " + std::to_string(size));
  expect_refused(whole + '\0', "a byte too many");
}

}  // namespace weir::checkpoint
