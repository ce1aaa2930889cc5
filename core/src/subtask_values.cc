#include "weir/core/subtask_values.h"

#include <exception>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/evolution.h"

namespace weir {

std::optional<SubtaskValueTitle> subtask_value_title(std::string_view title) {
  constexpr std::string_view kBehindKind = ": ";
  for (const std::string_view kind : {kListState, kUnionListState, kBroadcastState})
    if (title.starts_with(kind))
      return SubtaskValueTitle{title.substr(0, kind.size() - kBehindKind.size()), title.substr(kind.size())};
  return std::nullopt;
}

std::string brought_up_to_date(const SavedValue& saved, const ValueType& now) {
  const Evolution evolution(saved.schema, now);
  switch (evolution.compatibility()) {
    case Evolution::Compatibility::kAsIs:
      return saved.bytes;
    case Evolution::Compatibility::kRefused:
      throw UserError(fmt::format("'{}': {}", saved.name, explain_refusal(evolution, saved.schema, now.schema)));
    case Evolution::Compatibility::kMigrated:
      break;
  }
  std::string bytes;
  try {
    evolution.migrate(saved.bytes, bytes);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw UserError(fmt::format("'{}': a Migration failed: {}", saved.name, error.what()));
  }
  return bytes;
}

}  // namespace weir
