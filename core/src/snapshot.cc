#include "weir/core/snapshot.h"

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir {

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
