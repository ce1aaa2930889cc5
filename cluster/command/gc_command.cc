#include "gc_command.h"

#include <fmt/format.h>

#include "weir/checkpoint/collect_garbage.h"
#include "weir/checkpoint/inspect.h"
#include "weir/cluster/json_writer.h"
#include "weir/core/error.h"
#include "weir/host/environment.h"

#include "printed.h"
#include "readable.h"

namespace weir::cluster {

namespace {

void print(Printed& out, const std::string& directory, const checkpoint::Garbage& garbage, GcMode mode,
           OutputFormat format) {
  if (format == OutputFormat::kJson) {
    JsonWriter json;
    json.begin_object().key("directory").text(directory).key("bytes").number(garbage.bytes).key("paths").begin_array();
    for (const std::string& each : garbage.paths) json.text(each);
    out.line(json.end_array().end_object().result());
  } else {
    for (const std::string& each : garbage.paths) out.line(each);
    out.line(fmt::format("{}: {} {}, {}", directory, mode == GcMode::kDryRun ? "would remove" : "removed",
                         count(garbage.paths.size(), "path"), readable_bytes(garbage.bytes)));
  }
  out.flush();
}

}  // namespace

ExitStatus collect_garbage(Host& host, const std::string& path, GcMode mode, OutputFormat format) {
  const auto what = mode == GcMode::kDryRun ? checkpoint::Collect::kList : checkpoint::Collect::kRemove;
  const std::string holder = host::process_name() + " (weir checkpoint gc)";
  Printed out(host);
  ExitStatus status = ExitStatus::kFine;
  for (const std::string& directory : checkpoint::find_jobs(host, path)) {
    checkpoint::Garbage garbage;
    try {
      garbage = checkpoint::collect_garbage(host, directory, holder, what);
    } catch (const Error& error) {
      host.print(StandardStream::kError, fmt::format("weir: {}: nothing is removed: {}\n", directory, error.what()));
      status = ExitStatus::kProblem;
      continue;
    }
    print(out, directory, garbage, mode, format);
  }
  return status;
}

}  // namespace weir::cluster
