#include "weir/checkpoint/layout.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace weir::checkpoint {
namespace {

/// What stands before the next '.', which is taken off too.
std::string_view take_part(std::string_view& text) {
  const auto dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part;
}

}  // namespace

std::string to_string(const CheckpointName& name) {
  return fmt::format("{}.{}", name.generation.value(), name.checkpoint.value());
}

std::string job_directory_name(std::string_view job) {
  const Hash128 hash = hash128(job);
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

Layout::Layout(const std::string& root, std::string_view job) : directory_(root + "/" + job_directory_name(job)) {}

std::string Layout::local(GenerationId generation, AttemptId attempt) const {
  return fmt::format("{}/{}.{}", local(), generation.value(), attempt.value());
}

std::string Layout::checkpoint_directory(const CheckpointName& name) { return "chk/" + to_string(name); }

std::string Layout::manifest(const CheckpointName& name) { return checkpoint_directory(name) + "/MANIFEST"; }

std::string Layout::state_file(const StateWriter& writer, std::uint32_t sequence) {
  return fmt::format("shared/{}.{}.{}.{}-{}.{}.sst", writer.generation.value(), writer.attempt.value(),
                     writer.checkpoint.value(), writer.node.value(), writer.subtask.value(), sequence);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<CheckpointName> parse_checkpoint_name(std::string_view text) {
  const auto generation = parse_number(take_part(text));
  const auto checkpoint = parse_number(text);
  if (!generation || !checkpoint) return std::nullopt;
  return CheckpointName{GenerationId(*generation), CheckpointId(*checkpoint)};
}

std::optional<CheckpointName> parse_state_file_name(std::string_view text) {
  const auto generation = parse_number(take_part(text));
  const auto attempt = parse_number(take_part(text));
  const auto checkpoint = parse_number(take_part(text));
  std::string_view task = take_part(text);
  const auto dash = task.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto node = parse_number(task.substr(0, dash));
  const auto subtask = parse_number(task.substr(dash + 1));
  const auto sequence = parse_number(take_part(text));
  if (!generation || !attempt || !checkpoint || !node || !subtask || !sequence || text != "sst") return std::nullopt;
  return CheckpointName{GenerationId(*generation), CheckpointId(*checkpoint)};
}

}  // namespace weir::checkpoint
