#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/batch_codec.h"
#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/core/text.h"
#include "weir/runtime/exchange.h"
#include "weir/sim/world.h"

namespace weir::fuzz {

struct Sent {
  std::int64_t number = 0;
  Text text;
  std::vector<std::string> list;
  std::map<std::string, double> map;
  std::optional<std::uint16_t> maybe;
};
WEIR_FIELDS(Sent, number, text, list, map, maybe);

/// The exchange of process 1, to which process 0 sends bytes of any kind. Whatever they are, what tasks receive are
/// batches that they can read, and no more is kept than channels hold.
class ExchangeFrames {
 public:
  /// Channel 0 comes from process 0, channel 1 goes to it.
  static constexpr std::size_t kCapacity = 3;
  static constexpr std::size_t kBatchSize = 64;

  ExchangeFrames() {
    exchange_ =
        std::make_unique<runtime::Exchange>(world_, 2, 2, [this](const std::exception_ptr& error) { note(error); });
    in_ = &exchange_->receive(0, 0, kCapacity, lanes(), runtime::TaskSignal{&tasks_, 0});
    exchange_->send(1, 0, kCapacity, lanes(), runtime::TaskSignal{&tasks_, 1});
    exchange_->attach(0, [](const std::string&) {});
  }

  /// `piece`: how many bytes a read brings.
  void read(std::string_view bytes, std::size_t piece) {
    for (std::size_t at = 0; at < bytes.size() && !failed_; at += piece) {
      exchange_->received(0, std::string(bytes.substr(at, piece)));
      world_.run_for(std::chrono::milliseconds(1));
      // A task that is slow, so that elements wait, too.
      if (at / piece % 4 == 3) take();
    }
    take();
  }

 private:
  static std::vector<runtime::Exchange::Lane> lanes() {
    return {{batch_codec<Sent>(), WithHashes::kYes, kBatchSize},
            {batch_codec<std::string>(), WithHashes::kNo, kBatchSize}};
  }

  void take() {
    std::size_t taken = 0;
    Element element;
    while (in_->pop(element)) {
      WEIR_CHECK(++taken <= kCapacity, taken);
      if (element.kind != Element::Kind::kBatch) continue;
      WEIR_CHECK(element.batch->size() <= kBatchSize, element.batch->size());
      const BatchCodec codec = lanes()[element.lane].codec;
      std::string encoded;
      codec.encode(*element.batch, WithHashes::kNo, encoded);
      in_->give_back(element.lane, std::move(element.batch));
    }
    world_.run_for(std::chrono::milliseconds(1));
    exchange_->serve(runtime::Exchange::Again::kNo);
  }

  /// An attempt ends by what is meant for it; anything else ends the program.
  void note(const std::exception_ptr& error) {
    failed_ = true;
    try {
      std::rethrow_exception(error);
    } catch (const CorruptionError&) {
      return;
    } catch (const ExternalError&) {
      return;
    }
  }

  sim::World world_{1};
  runtime::ReadySet tasks_{2};
  bool failed_ = false;
  std::unique_ptr<runtime::Exchange> exchange_;
  runtime::Channel* in_ = nullptr;
};

}  // namespace weir::fuzz
