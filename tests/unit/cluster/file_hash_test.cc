#include "weir/core/file_hash.h"

#include <string>

#include <gtest/gtest.h>

#include "weir/sim/world.h"

namespace weir {
namespace {

TEST(FileHash, IsThatOfTheBytes) {
  sim::World world(1);
  for (const std::size_t size : {0U, 1U, 256U * 1024, 600'000U}) {
    std::string bytes(size, 'x');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31);
    world.disk().write_file("/program", bytes);
    Hash128 hash{};
    bool done = false;
    world.blocking([&] { hash = hash_of_file(world.files(), "/program"); }, [&](const auto&) { done = true; });
    world.run_until([&] { return done; });
    EXPECT_EQ(hash, hash128(bytes)) << size;
  }
}

}  // namespace
}  // namespace weir
