#include "kit/word_count_case.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "weir/sim/random.h"

namespace weir::tests {

namespace {

using namespace std::string_view_literals;

constexpr std::array kOddWords{""sv, " "sv, "two words"sv, "a\tb"sv, "\xff\xfe"sv, "nul\0nul"sv};

std::int64_t between(sim::Random& random, std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(to - from) + 1));
}

void draw_windows(sim::Random& random, WordCountCase& of) {
  of.slide = of.size = between(random, 1, 100);
  if (random.one_in(2)) {
    of.slide = between(random, 1, 25);
    // Now and then with gaps between the windows.
    of.size =
        random.one_in(6) ? between(random, 1, of.slide) : of.slide * between(random, 1, 6) + between(random, 0, 3);
  }
  if (random.one_in(2)) of.offset = between(random, -50, 50);
  if (random.one_in(3)) of.lateness = between(random, 1, 60);
  if (random.one_in(2)) of.out_of_orderness = between(random, 1, 30);
}

std::string draw_file(sim::Random& random, WordCountCase& of, std::uint64_t words, std::int64_t mean_step) {
  std::string bytes;
  if (random.one_in(5)) return bytes;
  const bool late_ones = random.one_in(2);
  const bool odd_words = random.one_in(4);
  std::int64_t now = between(random, -300, 300);
  const std::uint64_t records = random.below(random.one_in(10) ? 200 : 40);
  for (std::uint64_t i = 0; i < records; ++i) {
    std::int64_t time = now - between(random, 0, of.out_of_orderness);
    if (late_ones && random.one_in(6)) time -= between(random, 0, 200);
    bytes += fmt::format("{}\t", time);
    if (odd_words && random.one_in(4)) {
      bytes += kOddWords[random.below(kOddWords.size())];
    } else {
      bytes += fmt::format("w{}", random.below(words));
    }
    bytes += '\n';
    now += between(random, 0, 2 * mean_step);
  }
  of.records += records;
  if (!bytes.empty() && random.one_in(2)) bytes.pop_back();
  return bytes;
}

}  // namespace

std::vector<std::string> WordCountCase::arguments() const {
  const std::string window =
      tumbling() ? fmt::format("tumbling:{}ms", size) : fmt::format("sliding:{}ms:{}ms", size, slide);
  return {"--input=/in",
          "--output=/out",
          "--late=/late",
          "--window=" + window,
          fmt::format("--offset={}ms", offset),
          fmt::format("--lateness={}ms", lateness),
          fmt::format("--out-of-orderness={}ms", out_of_orderness)};
}

WordCountCase draw_word_count_case(std::uint64_t seed) {
  sim::Random random(seed * 2 + 1);
  WordCountCase of;
  of.seed = seed;
  draw_windows(random, of);
  const std::uint64_t words = random.one_in(4) ? 1 : between(random, 2, 12);
  const std::int64_t mean_step = random.one_in(6) ? 0 : between(random, 1, 12);
  const std::uint64_t files = random.between(1, 6);
  for (std::uint64_t i = 0; i < files; ++i)
    of.files[fmt::format("input-{}", i)] = draw_file(random, of, words, mean_step);
  return of;
}

}  // namespace weir::tests
