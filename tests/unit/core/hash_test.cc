#include "weir/core/hash.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/time.h"

namespace weir {
namespace {

using namespace std::string_literals;

struct Pair {
  std::int64_t left;
  std::int32_t right;
};
WEIR_FIELDS(Pair, left, right);

struct Named {
  std::int64_t id;
  std::string name;
};
WEIR_FIELDS(Named, id, name);

template <class K>
KeyHash hash_of_bytes(const K& key) {
  KeyBuffer out;
  encode_key(key, out);
  return hash_bytes(out.view());
}

TEST(HashBytes, IsXxh3WithoutSeed) {
  // The empty input's hash is the one published with XXH3.
  EXPECT_EQ(hash_bytes(""), 0x2D06800538D394C2u);
  EXPECT_EQ(hash_bytes("hello"), XXH3_64bits("hello", 5));
}

TEST(Hash128, IsXxh3WithoutSeed) {
  EXPECT_EQ(hash128(""), (Hash128{0x6001C324468D497F, 0x99AA06D3014798D8}));
  EXPECT_NE(hash128("a"), hash128("b"));
}

TEST(HashKey, NeverChangesForAGivenKey) {
  // Checkpoints are laid out by these values.
  EXPECT_EQ(hash_key(std::int64_t{42}), 0xF016F1B51CFB68CCu);
  EXPECT_EQ(hash_key(std::uint32_t{42}), 0x64A14BFF63CD8865u);
  EXPECT_EQ(hash_key("lorem"s), 0x475ACED63EEA4289u);
  EXPECT_EQ(hash_key(std::tuple("lorem"s, std::int16_t{-1})), 0xC244E9DF7B46B0B4u);
}

TEST(HashKey, IsTheSameForEqualTextsOfAnyType) {
  const std::string text = "a text that is longer than sixteen bytes";
  EXPECT_EQ(hash_key(text), hash_key(std::string_view(text)));
  EXPECT_EQ(hash_key(text), hash_key(Text(text)));
}

TEST(HashKey, IsTheHashOfTheEncodedTextAtEveryLength) {
  for (std::size_t size = 0; size < 600; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(1 + (i * 131 + size) % 255);
    ASSERT_EQ(hash_key(text), hash_of_bytes(text)) << size;
    if (size == 0) continue;
    text[size / 2] = '\0';
    ASSERT_EQ(hash_key(text), hash_of_bytes(text)) << size;
  }
}

TEST(HashKey, TakesATextWithoutBytes) { EXPECT_EQ(hash_key(std::string_view{}), hash_key(""s)); }

RC_GTEST_PROP(HashKeyProperty, IsTheHashOfTheEncodedKey,
              (std::int64_t a, std::uint32_t b, std::int16_t c, std::uint8_t d)) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element('\0', 'a', '\xFF'));
  RC_ASSERT(hash_key(a) == hash_of_bytes(a));
  RC_ASSERT(hash_key(b) == hash_of_bytes(b));
  RC_ASSERT(hash_key(c) == hash_of_bytes(c));
  RC_ASSERT(hash_key(d) == hash_of_bytes(d));
  RC_ASSERT(hash_key(timestamp_ms(a)) == hash_of_bytes(a));
  RC_ASSERT(hash_key(Pair{a, c}) == hash_of_bytes(Pair{a, c}));
  RC_ASSERT(hash_key(std::array<std::int64_t, 4>{a, b, c, d}) ==
            hash_of_bytes(std::array<std::int64_t, 4>{a, b, c, d}));
  RC_ASSERT(hash_key(text) == hash_of_bytes(text));
  RC_ASSERT(hash_key(Named{a, text}) == hash_of_bytes(Named{a, text}));
  RC_ASSERT(hash_key(std::monostate{}) == hash_bytes(""));
}

}  // namespace
}  // namespace weir
