#pragma once

#include <cstdint>
#include <utility>

#include "weir/core/batch.h"
#include "weir/core/ids.h"
#include "weir/core/time.h"

namespace weir {

/// What can happen to one split of a source, seen by the operators chained to it.
enum class SplitEvent : std::uint8_t {
  kBegin,    ///< it will be read: its watermark counts from now on
  kIdle,     ///< nothing to read for now: it holds back nobody
  kFinished  ///< nothing will come any more
};

/// What flows through chains and channels: batches, and signs in band with them.
struct Element {
  enum class Kind : std::uint8_t {
    kBatch,
    kWatermark,
    kSplit,    ///< within the source's chain only
    kIdle,     ///< the sender has nothing for now: its watermark counts for nobody
    kActive,   ///< ends kIdle
    kEnd,      ///< all input is there; only barriers follow
    kBarrier,  ///< what came before it belongs to a checkpoint, what comes after does not
  };

  Kind kind = Kind::kBatch;
  SplitEvent split_event = SplitEvent::kBegin;
  std::uint8_t lane = 0;  ///< in a channel: which of the types it carries the batch is of
  SplitIndex split{};
  Watermark watermark{};
  CheckpointId checkpoint{};  ///< of a barrier
  BatchPtr batch;

  static Element of(BatchPtr batch) {
    Element element;
    element.batch = std::move(batch);
    return element;
  }
  static Element of(Watermark watermark) {
    Element element;
    element.kind = Kind::kWatermark;
    element.watermark = watermark;
    return element;
  }
  static Element of(SplitIndex split, SplitEvent event) {
    Element element;
    element.kind = Kind::kSplit;
    element.split = split;
    element.split_event = event;
    return element;
  }
  /// The barrier of a checkpoint.
  static Element of(CheckpointId checkpoint) {
    Element element;
    element.kind = Kind::kBarrier;
    element.checkpoint = checkpoint;
    return element;
  }
  /// An element without content: kIdle, kActive or kEnd.
  static Element sign(Kind kind) {
    Element element;
    element.kind = kind;
    return element;
  }
};

}  // namespace weir
