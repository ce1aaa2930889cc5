#include "benchmarks/flags.h"

#include <algorithm>
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::benchmarks {
namespace {

std::string names(std::span<const Flag> flags) {
  std::string names;
  for (const Flag& flag : flags) names += fmt::format("{}{}", names.empty() ? "" : ", ", flag.name);
  return names;
}

void set(const Flag& flag, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0)
    throw UsageError(fmt::format("{}: \"{}\" is no whole number from 0 on", flag.name, text));
  if (value < flag.least) throw UsageError(fmt::format("{} must be at least {}", flag.name, flag.least));
  if (value > flag.most) throw UsageError(fmt::format("{} must be at most {}", flag.name, flag.most));
  *flag.value = value;
}

}  // namespace

void parse_flags(int argc, char** argv, std::span<const Flag> flags) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    const std::size_t equals = arg.find('=');
    const std::string_view name = arg.substr(0, equals);
    const auto flag = std::find_if(flags.begin(), flags.end(), [&](const Flag& known) { return known.name == name; });
    if (flag == flags.end()) throw UsageError(fmt::format("unknown flag {}; there are {}", name, names(flags)));
    if (equals != std::string_view::npos) {
      set(*flag, arg.substr(equals + 1));
    } else if (++i < argc) {
      set(*flag, argv[i]);
    } else {
      throw UsageError(fmt::format("{} needs a value; there are {}", name, names(flags)));
    }
  }
}

}  // namespace weir::benchmarks
