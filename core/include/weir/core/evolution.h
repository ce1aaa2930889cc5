#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/schema.h"
#include "weir/core/value_type.h"

namespace weir {

/// How values that a job wrote with one schema become values of the type that it has now.
///
///   struct          by the names of its fields: they may stand in another order; new ones are as a new object has
///                   them; those that are gone are forgotten, but not all of them. The struct's own name does not
///                   matter
///   optional, list, array, tuple   part by part
///   variant         alternative by alternative; there may be more behind those of before
///   map             values; keys stay as they are, and so do sets
///   protobuf message   under the same full name, by protobuf's own rules
///   Migration<T>    leads further back, wherever T stands. Of all versions that fit, the one that forgets the fewest
///                   fields is taken, the newest of several
///
/// All else has to be as it was. Works on encoded values: no types are needed but those of the job. Immutable, and so
/// thread-safe as far as the user's migrate() is.
class Evolution {
 public:
  enum class Compatibility : unsigned char {
    kAsIs,      ///< encoded alike
    kMigrated,  ///< each value is to be changed
    kRefused,
  };

  Evolution(const Schema& written, const ValueType& now);
  ~Evolution();
  Evolution(Evolution&&) noexcept;
  Evolution& operator=(Evolution&&) noexcept;

  Compatibility compatibility() const { return compatibility_; }

  /// What happens to values, in phrases: "field 'b' is new", "field 'a.c' is forgotten". Empty unless kMigrated.
  const std::vector<std::string>& changes() const { return changes_; }

  /// Why they cannot be read, in a phrase that names the part. Empty unless kRefused.
  const std::string& refusal() const { return refusal_; }

  /// Appends what a value of before is now. Requires: not kRefused. Errors: CorruptionError for bytes that the old
  /// schema does not fit; what a migrate() throws.
  void migrate(std::string_view old, std::string& out) const;

 private:
  struct Step;

  Compatibility compatibility_ = Compatibility::kAsIs;
  std::unique_ptr<const Step> step_;
  std::vector<std::string> changes_;
  std::string refusal_;
  friend class EvolutionPlanner;
};

/// Why values cannot be read, with both schemas, and what to do. Requires: kRefused.
std::string explain_refusal(const Evolution& evolution, const Schema& written, const Schema& now);

}  // namespace weir
