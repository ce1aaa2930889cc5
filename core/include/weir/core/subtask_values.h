#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/codec.h"
#include "weir/core/snapshot.h"
#include "weir/core/value_type.h"

// What user functions keep for a subtask as a whole, beside the state of keys: values of a snapshot whose names tell
// what they are, and whose types may change from one version of a job to the next.

namespace weir {

// What the names of such values begin with.
inline constexpr std::string_view kListState = "list state: ";
inline constexpr std::string_view kUnionListState = "union list state: ";
inline constexpr std::string_view kBroadcastState = "broadcast state: ";

/// Such a name in its parts: "list state" and "pending".
struct SubtaskValueTitle {
  std::string_view kind;
  std::string_view name;
};

/// Views into `title`. Nothing: the value is an operator's own.
std::optional<SubtaskValueTitle> subtask_value_title(std::string_view title);

/// Such a value as an operator has it now.
struct DeclaredValue {
  std::string title;
  ValueType type;
};

/// What an operator is besides that keeps such values.
class DeclaresValues {
 public:
  virtual ~DeclaresValues() = default;

  /// Asked after open(), on the task's thread.
  virtual std::vector<DeclaredValue> declared_values() const = 0;
};

/// The bytes that a value of before has as one of now. Errors: UserError with the part that does not fit and both
/// schemas, and for what a Migration throws; CorruptionError.
std::string brought_up_to_date(const SavedValue& saved, const ValueType& now);

/// The value of that name as one of now, if there is one. Errors: as above.
template <class T>
std::optional<T> evolved_value(const SavedValues& values, std::string_view title) {
  for (const SavedValue& value : values.all())
    if (value.name == title) return decode_value<T>(brought_up_to_date(value, value_type_of<T>()));
  return std::nullopt;
}

}  // namespace weir
