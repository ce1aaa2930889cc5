#include "weir/checkpoint/delivery_book.h"

#include <algorithm>
#include <set>
#include <utility>

namespace weir::checkpoint {

void DeliveryBook::restored(std::shared_ptr<const Manifest> manifest) {
  pending_.clear();
  if (manifest != nullptr) pending_.push_back(std::move(manifest));
}

std::vector<SinkOutputs> DeliveryBook::to_list(const std::vector<SinkOutputs>& told) const {
  std::vector<SinkOutputs> list;
  std::set<Piece> listed;
  const auto add = [&](const SinkOutputs& from) {
    auto to = std::find_if(list.begin(), list.end(), [&](const SinkOutputs& sink) { return sink.sink == from.sink; });
    for (const StagedOutput& output : from.outputs) {
      Piece added = piece(from.sink, output);
      if (delivered_.contains(added) || !listed.insert(std::move(added)).second) continue;
      if (to == list.end()) to = list.insert(list.end(), {from.sink, {}});
      to->outputs.push_back(output);
    }
  };
  // The newest manifest lists what earlier ones list, as far as it was not delivered when it was assembled.
  if (!pending_.empty()) std::for_each(pending_.back()->staged.begin(), pending_.back()->staged.end(), add);
  std::for_each(told.begin(), told.end(), add);
  return list;
}

void DeliveryBook::completed(std::shared_ptr<const Manifest> manifest, const std::vector<SinkOutputs>& told) {
  std::set<Piece> may_come_again;
  for (const SinkOutputs& sink : told)
    for (const StagedOutput& output : sink.outputs) may_come_again.insert(piece(sink.sink, output));
  // A writer that did not tell a piece for this checkpoint knows that it was completed, and never tells it again.
  std::erase_if(delivered_, [&](const auto& entry) {
    return entry.second < manifest->checkpoint && !may_come_again.contains(entry.first);
  });
  pending_.push_back(std::move(manifest));
}

void DeliveryBook::delivered(CheckpointId checkpoint) {
  while (!pending_.empty() && pending_.front()->checkpoint <= checkpoint) {
    const auto manifest = std::move(pending_.front());
    pending_.erase(pending_.begin());
    for (const SinkOutputs& sink : manifest->staged)
      for (const StagedOutput& output : sink.outputs)
        delivered_.insert_or_assign(piece(sink.sink, output), manifest->checkpoint);
  }
}

std::shared_ptr<const Manifest> DeliveryBook::without_delivered(std::shared_ptr<const Manifest> manifest) const {
  auto rest = std::make_shared<Manifest>(*manifest);
  bool less = false;
  for (SinkOutputs& sink : rest->staged)
    less |= std::erase_if(sink.outputs, [&](const StagedOutput& output) {
              return delivered_.contains(piece(sink.sink, output));
            }) > 0;
  std::erase_if(rest->staged, [](const SinkOutputs& sink) { return sink.outputs.empty(); });
  return less ? std::shared_ptr<const Manifest>(std::move(rest)) : std::move(manifest);
}

std::size_t DeliveryBook::undelivered() const {
  std::size_t count = 0;
  if (!pending_.empty())
    for (const SinkOutputs& sink : pending_.back()->staged)
      for (const StagedOutput& output : sink.outputs) count += delivered_.contains(piece(sink.sink, output)) ? 0 : 1;
  return count;
}

}  // namespace weir::checkpoint
