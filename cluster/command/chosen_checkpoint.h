#pragma once

#include <memory>
#include <string>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/manifest.h"
#include "weir/core/host.h"

namespace weir::cluster {

/// One checkpoint of one job, as a command line names it.
struct ChosenCheckpoint {
  std::string directory;  ///< of the job
  checkpoint::CheckpointName name;
  std::shared_ptr<const checkpoint::Manifest> manifest;
};

/// "DIR" is the newest checkpoint there, "DIR@N" and "DIR@GENERATION.N" another that is retained.
///
/// Blocks. Errors: UsageError when there is no such directory, job or checkpoint, naming what there is;
/// CorruptionError when its manifest cannot be read; ExternalError.
ChosenCheckpoint choose_checkpoint(Host& host, const std::string& text);

}  // namespace weir::cluster
