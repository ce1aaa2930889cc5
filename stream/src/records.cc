#include "weir/stream/operators/records.h"

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/stream/operators/timestamps.h"

namespace weir::detail {

namespace {

constexpr std::size_t kShownBytes = 200;

}  // namespace

void rethrow_at_record(const std::exception& error, std::size_t index, Timestamp timestamp, const std::string& record) {
  if (const auto* named = dynamic_cast<const RecordError*>(&error)) throw *named;
  std::string place = fmt::format("record {} of its batch", index);
  if (!record.empty())
    place += fmt::format(" ({}{})", record.substr(0, kShownBytes), record.size() > kShownBytes ? "..." : "");
  if (timestamp != kNoTimestamp) place += fmt::format(" at {} ms", to_ms(timestamp));
  const std::string message = fmt::format("{}: {}", place, error.what());
  if (const auto* known = dynamic_cast<const Error*>(&error)) throw Error(known->domain(), known->retry(), message);
  throw Error(Domain::kUser, Retry::kYes, message);
}

}  // namespace weir::detail
