#include "weir/core/snapshot.h"

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir {

const char* to_string(StateKind kind) {
  switch (kind) {
    case StateKind::kUnknown:
      return "state";
    case StateKind::kValue:
      return "a value";
    case StateKind::kList:
      return "a list";
    case StateKind::kMap:
      return "a map";
    case StateKind::kTimers:
      return "timers";
  }
  return "?";
}

void SavedValues::add(SavedValue value) {
  for (const SavedValue& other : values_) WEIR_CHECK(other.name != value.name, value.name);
  values_.push_back(std::move(value));
}

const SavedValue* SavedValues::find(std::string_view name, const Schema& schema) const {
  for (const SavedValue& value : values_) {
    if (value.name != name) continue;
    if (value.schema == schema) return &value;
    throw UserError(fmt::format("'{}' was saved with another schema:\n{}", name, difference(value.schema, schema)));
  }
  return nullptr;
}

}  // namespace weir
