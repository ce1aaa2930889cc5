#pragma once

#include <functional>
#include <string>
#include <vector>

#include "benchmarks/result.h"

namespace weir::benchmarks {

/// What a piece of work cost.
struct Cost {
  double cpu_s = 0;  ///< of all threads of this process, user and system
  double wall_s = 0;
  double others_s = 0;  ///< CPU that other processes took meanwhile, and time stolen by the hypervisor
};

/// Measures what happens between its construction and stop(). Thread: any.
class Stopwatch {
 public:
  Stopwatch();
  Cost stop() const;

 private:
  double cpu_;
  double wall_;
  double machine_;
};

double median(std::vector<double> values);

/// Variants of the same work, run in turn (A B A B), so that what changes on the machine meanwhile changes all of them.
///
/// A run during which other processes took more than a twentieth of a core counts only if the variant has no better
/// one. Thread: one; a variant may start threads of its own.
class Comparison {
 public:
  void add(std::string name, std::function<Result()> run);

  /// Runs every variant once to warm up, then `rounds` times each.
  /// Errors: std::runtime_error naming the variant whose answer differs from that of the first variant that has one.
  void run(int rounds);

  /// Medians as a table in plain text, each variant's CPU and wall time also as a ratio to those of `baseline`.
  /// Requires: run() was called, a variant is named `baseline`.
  std::string table(const std::string& baseline) const;

  /// The median CPU seconds that a variant took for a million records. Requires: run() was called, it exists.
  double cpu_per_million(const std::string& variant) const;

 private:
  struct Variant {
    std::string name;
    std::function<Result()> run;
    Result result;
    std::vector<Cost> costs;
  };

  // Medians per record, in nanoseconds.
  struct Summary {
    double cpu_ns;
    double wall_ns;
    double spread;  // of the CPU time: (highest - lowest) / median
    std::size_t disturbed;
  };

  const Variant& named(const std::string& name) const;
  static Summary summary(const Variant& variant);
  void verify(const Variant& variant, const Result& result) const;

  std::vector<Variant> variants_;
};

}  // namespace weir::benchmarks
