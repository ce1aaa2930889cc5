#include "weir/stream/command_line.h"

#include <string_view>

namespace weir::detail {

CommandLine split_command_line(const std::vector<std::string>& words) {
  constexpr std::string_view kPrefix = "--weir.";
  CommandLine line;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--help" || word == "-h") {
      line.help = true;
      continue;
    }
    const auto equals = word.find('=');
    const bool value_follows = word.starts_with("--") && equals == std::string::npos && i + 1 < words.size() &&
                               !words[i + 1].starts_with("--");
    if (!word.starts_with(kPrefix)) {
      line.job_words.push_back(word);
      if (value_follows) line.job_words.push_back(words[++i]);
      continue;
    }
    EngineFlag flag{word.substr(kPrefix.size(), equals == std::string::npos ? equals : equals - kPrefix.size()), {}};
    if (equals != std::string::npos) {
      flag.value = word.substr(equals + 1);
    } else if (value_follows) {
      flag.value = words[++i];
    }
    line.engine_flags.push_back(std::move(flag));
  }
  return line;
}

}  // namespace weir::detail
