#include <vector>

#include <fmt/format.h>

#include "weir/cluster/json_writer.h"

#include "chosen_checkpoint.h"
#include "chosen_states.h"
#include "printed.h"
#include "state_command.h"
#include "state_entry.h"

namespace weir::cluster {
namespace {

/// Whether a key, as JSON, is the one that a command line means.
class KeyFilter {
 public:
  explicit KeyFilter(const std::optional<std::string>& key) : key_(key) {
    if (key) as_text_ = JsonWriter().text(*key).result();
  }
  bool takes(const std::string& json) const { return !key_ || json == *key_ || json == as_text_; }

 private:
  const std::optional<std::string>& key_;
  std::string as_text_;
};

std::string nothing_in(const checkpoint::Manifest& manifest) {
  return manifest.final ? "entries: all input was read by then" : "entries";
}

std::string line_of(const std::string& state, const StateEntry& entry, OutputFormat format) {
  if (format == OutputFormat::kText) return state + "\t" + text_of(entry);
  JsonWriter json;
  json.begin_object().key("state").text(state);
  add_members(entry, json);
  return json.end_object().result();
}

}  // namespace

ExitStatus print_state(Host& host, const CatRequest& request) {
  const ChosenCheckpoint chosen = choose_checkpoint(host, request.checkpoint);
  const CheckpointStates states(host, chosen.directory, chosen.manifest, request.scratch);
  const KeyFilter filter(request.key);
  Printed out(host);
  std::uint64_t found = 0;
  for (const CheckpointStates::State& state : choose_states(states, request.state)) {
    const std::string name = full_name(state);
    for (std::uint32_t group = 0; group < states.key_groups(); ++group) {
      states.for_each(state, KeyGroup(static_cast<KeyGroup::rep>(group)), [&](const CheckpointStates::Row& row) {
        const StateEntry entry = read_entry(state.info, row);
        if (!filter.takes(entry.key)) return;
        out.line(line_of(name, entry, request.format));
        ++found;
      });
    }
  }
  out.flush();
  if (found != 0) return ExitStatus::kFine;
  host.print(StandardStream::kError,
             fmt::format("weir: checkpoint {} in {} has no {}\n", to_string(chosen.name), chosen.directory,
                         request.key ? "entry of the key " + *request.key : nothing_in(*chosen.manifest)));
  return request.key ? ExitStatus::kProblem : ExitStatus::kFine;
}

}  // namespace weir::cluster
