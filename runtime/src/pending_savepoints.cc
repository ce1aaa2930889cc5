#include "pending_savepoints.h"

#include <utility>

#include "weir/core/failure.h"

namespace weir::runtime {

PendingSavepoints::PendingSavepoints(Host& host, Saved saved)
    : host_(host), saved_(std::move(saved)), self_(std::make_shared<PendingSavepoints*>(this)) {}

void PendingSavepoints::add(AskedSavepoint asked, checkpoint::Taken taken, checkpoint::Coordinator& coordinator) {
  waiting_.push_back({std::move(asked), std::move(taken)});
  delivered(delivered_, coordinator);
}

void PendingSavepoints::delivered(CheckpointId checkpoint, checkpoint::Coordinator& coordinator) {
  delivered_ = checkpoint;
  std::vector<Waiting> to_save;
  for (Waiting& waiting : std::exchange(waiting_, {}))
    (waiting.taken.checkpoint > delivered_ ? waiting_ : to_save).push_back(std::move(waiting));
  for (const Waiting& waiting : to_save) save(waiting, coordinator);
}

void PendingSavepoints::save(const Waiting& waiting, checkpoint::Coordinator& coordinator) {
  auto manifest = std::make_shared<checkpoint::Manifest>(*waiting.taken.manifest);
  manifest->staged.clear();
  coordinator.save(
      std::move(manifest), waiting.asked.directory,
      [this, weak = std::weak_ptr(self_), waiting](const std::string& path, const std::exception_ptr& error) {
        if (weak.expired()) return;
        saved_(waiting.asked, {waiting.taken.checkpoint, path, message_of(error), waiting.taken.manifest});
      });
}

void PendingSavepoints::give_up() {
  for (const Waiting& waiting : std::exchange(waiting_, {}))
    host_.post([weak = std::weak_ptr(self_), done = waiting.asked.done, checkpoint = waiting.taken.checkpoint] {
      if (!weak.expired()) done({checkpoint, "", "the job's tasks ended before its output was delivered"});
    });
}

}  // namespace weir::runtime
