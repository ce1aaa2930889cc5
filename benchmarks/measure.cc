#include "benchmarks/measure.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "weir/core/check.h"

namespace weir::benchmarks {
namespace {

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

double process_cpu_seconds() {
  rusage usage{};
  WEIR_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// CPU time of all processes since the machine started; 0 where the system does not tell.
double machine_cpu_seconds() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  if (!(stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal)) return 0;
  return (user + nice + system + irq + softirq + steal) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// /proc/stat counts in steps of 10 ms on each core.
constexpr double kResolution = 0.03;

bool disturbed(const Cost& cost) { return cost.others_s > 0.05 * cost.wall_s + kResolution; }

}  // namespace

Stopwatch::Stopwatch() : cpu_(process_cpu_seconds()), wall_(wall_seconds()), machine_(machine_cpu_seconds()) {}

Cost Stopwatch::stop() const {
  Cost cost;
  cost.wall_s = wall_seconds() - wall_;
  cost.cpu_s = process_cpu_seconds() - cpu_;
  cost.others_s = std::max(0.0, machine_cpu_seconds() - machine_ - cost.cpu_s);
  return cost;
}

double median(std::vector<double> values) {
  WEIR_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void Comparison::add(std::string name, std::function<Result()> run) {
  variants_.push_back({std::move(name), std::move(run), {}, {}});
}

void Comparison::verify(const Variant& variant, const Result& result) const {
  if (!result.answer) return;
  for (const Variant& other : variants_) {
    if (!other.result.answer || *other.result.answer == *result.answer) continue;
    throw std::runtime_error(
        fmt::format("{} answers {} rows with hash {:016x}, but {} answers {} rows with hash {:016x}", variant.name,
                    result.answer->rows(), result.answer->hash(), other.name, other.result.answer->rows(),
                    other.result.answer->hash()));
  }
}

void Comparison::run(int rounds) {
  for (Variant& variant : variants_) {
    variant.result = variant.run();
    verify(variant, variant.result);
  }
  for (int round = 0; round < rounds; ++round) {
    for (Variant& variant : variants_) {
      const Stopwatch stopwatch;
      const Result result = variant.run();
      variant.costs.push_back(stopwatch.stop());
      verify(variant, result);
    }
  }
}

Comparison::Summary Comparison::summary(const Variant& variant) {
  std::vector<Cost> costs;
  std::copy_if(variant.costs.begin(), variant.costs.end(), std::back_inserter(costs),
               [](const Cost& cost) { return !disturbed(cost); });
  const std::size_t discarded = variant.costs.size() - costs.size();
  if (costs.empty()) costs = variant.costs;

  std::vector<double> cpu, wall;
  const double per_record = 1e9 / static_cast<double>(variant.result.records);
  for (const Cost& cost : costs) {
    cpu.push_back(cost.cpu_s * per_record);
    wall.push_back(cost.wall_s * per_record);
  }
  const auto [lowest, highest] = std::minmax_element(cpu.begin(), cpu.end());
  const double middle = median(cpu);
  return {middle, median(wall), (*highest - *lowest) / middle, discarded};
}

const Comparison::Variant& Comparison::named(const std::string& name) const {
  const auto found = std::find_if(variants_.begin(), variants_.end(), [&](const Variant& v) { return v.name == name; });
  WEIR_CHECK(found != variants_.end(), name);
  return *found;
}

double Comparison::cpu_per_million(const std::string& variant) const { return summary(named(variant)).cpu_ns / 1e3; }

std::string Comparison::table(const std::string& baseline) const {
  const Variant& base = named(baseline);
  const Summary reference = summary(base);

  std::string text = fmt::format("{:<20}{:>12}{:>12}{:>12}{:>9}{:>9}{:>9}{:>11}\n", "", "CPU s per", "wall ns per",
                                 "M records", "CPU", "speed", "CPU", "disturbed");
  text += fmt::format("{:<20}{:>12}{:>12}{:>12}{:>9}{:>9}{:>9}{:>11}\n", "variant", "M records", "record", "a second",
                      "ratio", "ratio", "spread", "runs");
  for (const Variant& variant : variants_) {
    const Summary s = summary(variant);
    text +=
        fmt::format("{:<20}{:>12.5f}{:>12.2f}{:>12.2f}{:>9.2f}{:>9.2f}{:>8.1f}%{:>11}\n", variant.name, s.cpu_ns / 1e3,
                    s.wall_ns, 1e3 / s.wall_ns, s.cpu_ns / reference.cpu_ns, reference.wall_ns / s.wall_ns,
                    100 * s.spread, fmt::format("{} of {}", s.disturbed, variant.costs.size()));
  }
  text += fmt::format("ratios are to {}; records are {} bids", baseline, base.result.records);
  if (base.result.answer)
    text += fmt::format(", answers {} rows with hash {:016x}", base.result.answer->rows(), base.result.answer->hash());
  return text + "\n";
}

}  // namespace weir::benchmarks
