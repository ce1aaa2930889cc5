#include "copy_command.h"

#include <cstdint>
#include <set>

#include <fmt/format.h>

#include "weir/checkpoint/savepoint.h"
#include "weir/checkpoint/store.h"
#include "weir/cluster/json_writer.h"
#include "weir/host/environment.h"

#include "chosen_checkpoint.h"
#include "readable.h"

namespace weir::cluster {
namespace {

struct Copied {
  std::set<std::string> files;
  std::uint64_t bytes = 0;
  std::uint64_t staged = 0;
};

Copied copied_of(const checkpoint::Manifest& manifest) {
  Copied copied;
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    if (!snapshot.keyed) continue;
    for (const StoredFile& file : snapshot.keyed->files)
      if (copied.files.insert(file.path).second) copied.bytes += file.size;
  }
  for (const checkpoint::SinkOutputs& sink : manifest.staged) copied.staged += sink.outputs.size();
  return copied;
}

}  // namespace

ExitStatus copy_checkpoint(Host& host, const std::string& from, const std::string& to, OutputFormat format) {
  const ChosenCheckpoint chosen = choose_checkpoint(host, from);
  const checkpoint::Store store(host, checkpoint::Layout(chosen.directory));
  checkpoint::copy_checkpoint(host, store, *chosen.manifest, to, host::process_name() + " (weir checkpoint cp)");
  const Copied copied = copied_of(*chosen.manifest);
  if (format == OutputFormat::kJson) {
    JsonWriter json;
    json.begin_object().key("directory").text(to).key("job").text(chosen.manifest->job);
    json.key("generation").number(chosen.name.generation.value());
    json.key("checkpoint").number(chosen.name.checkpoint.value());
    json.key("files").number(copied.files.size()).key("bytes").number(copied.bytes);
    json.key("staged").number(copied.staged);
    host.print(StandardStream::kOut, json.end_object().result() + "\n");
    return ExitStatus::kFine;
  }
  host.print(StandardStream::kOut,
             fmt::format("{}: checkpoint {} of job '{}', {}, {}\n", to, to_string(chosen.name), chosen.manifest->job,
                         count(copied.files.size(), "state file"), readable_bytes(copied.bytes)));
  if (copied.staged > 0)
    host.print(StandardStream::kError,
               fmt::format("weir: the checkpoint names {} of output that may not be delivered yet; it stays where the "
                           "job's sinks have it\n",
                           count(copied.staged, "piece")));
  return ExitStatus::kFine;
}

}  // namespace weir::cluster
