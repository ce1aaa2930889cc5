#include "weir/connectors/nexmark/price.h"

namespace weir::nexmark::detail {
namespace {

// e^x by its series, after halving x until the series is short: only +, * and / of IEEE doubles, done by the compiler.
constexpr double exponential(double x) {
  int halvings = 0;
  while (x > 0.125) {
    x /= 2;
    ++halvings;
  }
  double sum = 1;
  double term = 1;
  for (int i = 1; i < 16; ++i) {
    term = term * x / i;
    sum += term;
  }
  for (; halvings > 0; --halvings) sum *= sum;
  return sum;
}

constexpr double kLn10 = 2.302585092994045684;

constexpr PriceTable make_table() {
  PriceTable table{};
  for (std::size_t i = 0; i < table.coarse.size(); ++i) {
    const double power = 100 * exponential(6 * kLn10 * static_cast<double>(i) / 256);
    table.coarse[i] = static_cast<std::uint64_t>(power * static_cast<double>(std::uint64_t{1} << 36));
  }
  for (std::size_t i = 0; i < table.fine.size(); ++i) {
    const double power = exponential(6 * kLn10 * static_cast<double>(i) / 65536);
    table.fine[i] = static_cast<std::uint64_t>(power * static_cast<double>(std::uint64_t{1} << 58));
  }
  return table;
}

}  // namespace

constexpr PriceTable kPriceTable = make_table();

}  // namespace weir::nexmark::detail
