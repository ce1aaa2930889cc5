#include "weir/core/failure.h"

#include <exception>
#include <stdexcept>

#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir {
namespace {

TEST(Failure, SaysWhatTheExceptionSays) {
  EXPECT_EQ(message_of(std::make_exception_ptr(UserError("no such column"))), "no such column");
  EXPECT_EQ(message_of(std::make_exception_ptr(std::runtime_error("plain"))), "plain");
  EXPECT_EQ(message_of(nullptr), "");
}

TEST(Failure, HoldsItsOwnTypeAndThoseAboveIt) {
  const auto failure = std::make_exception_ptr(UserError("no such column"));
  EXPECT_TRUE(holds<UserError>(failure));
  EXPECT_TRUE(holds<Error>(failure));
  EXPECT_FALSE(holds<ExternalError>(failure));
  EXPECT_FALSE(holds<Error>(std::make_exception_ptr(std::runtime_error("plain"))));
  EXPECT_FALSE(holds<Error>(nullptr));
}

}  // namespace
}  // namespace weir
