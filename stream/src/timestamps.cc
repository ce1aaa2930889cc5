#include "weir/stream/operators/timestamps.h"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/snapshot.h"

namespace weir::detail {

namespace {

constexpr std::string_view kOfGenerator = "generator: ";

}  // namespace

void check_timestamp(Timestamp timestamp) {
  if (in_range(timestamp)) return;
  throw UserError(fmt::format("timestamp {} ms is out of range: records carry timestamps from {} to {} ms",
                              to_ms(timestamp), to_ms(kMinTimestamp), to_ms(kMaxTimestamp)));
}

void save_generator(const RememberingGenerator& generator, SavedValues& values) {
  SavedValues own;
  generator.save(own);
  for (SavedValue value : own.all()) {
    value.name.insert(0, kOfGenerator);
    values.add(std::move(value));
  }
}

void restore_generator(RememberingGenerator& generator, const SavedValues& values) {
  SavedValues own;
  for (SavedValue value : values.all()) {
    if (!value.name.starts_with(kOfGenerator)) continue;
    value.name.erase(0, kOfGenerator.size());
    own.add(std::move(value));
  }
  generator.restore(own);
}

}  // namespace weir::detail
