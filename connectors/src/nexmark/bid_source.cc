#include "weir/connectors/nexmark/bid_source.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "weir/connectors/fixed_splits.h"
#include "weir/connectors/nexmark/bid_cursor.h"
#include "weir/connectors/position.h"
#include "weir/core/error.h"

namespace weir::connectors {

namespace {

/// Positions that one split reads before the next split's.
constexpr std::int64_t kBlock = 8192;

/// One split: every n-th block of the generator's positions. Its position is that of the next event in its blocks.
class BidBlocks {
 public:
  /// Errors: CorruptionError for an id or position that is none of this generator's.
  BidBlocks(const nexmark::Generator& generator, const Split& split, SplitIndex index, std::uint32_t splits)
      : generator_(&generator), split_(split), index_(index), stride_(kBlock * splits) {
    const auto number = static_cast<std::int64_t>(decode_position({split.id, split.id}, 1).front());
    const auto at = static_cast<std::int64_t>(decode_position(split, 1).front());
    const std::int64_t position = split.position.empty() ? number * kBlock : at;
    if (number >= splits || (position < generator.events() && position / kBlock % splits != number))
      throw CorruptionError(
          fmt::format("the bid at {} does not belong to split '{}' of {}", position, split.id, splits));
    block_end_ = position - position % kBlock + kBlock;
    seek(position);
  }

  SplitIndex index() const { return index_; }

  std::size_t fill(nexmark::BidNumbers* bids, Timestamp* timestamps, std::size_t room) {
    std::size_t filled = 0;
    while (!ended_ && filled < room) {
      filled += block_->fill(bids + filled, timestamps + filled, room - filled);
      // Also if the room ends with the block: a position at its end would be one in another split's block.
      if (block_->position() == block_->end()) next_block();
    }
    return filled;
  }

  bool ended() const { return ended_; }
  Split split() const { return {split_.id, encode_position({static_cast<std::uint64_t>(block_->position())})}; }

 private:
  void next_block() {
    block_end_ += stride_;
    seek(block_end_ - kBlock);
  }

  void seek(std::int64_t position) {
    const std::int64_t end = generator_->events();
    ended_ = position >= end;
    block_.emplace(*generator_, std::min(position, end), std::min(block_end_, end));
  }

  const nexmark::Generator* generator_;
  std::optional<nexmark::BidCursor> block_;
  Split split_;
  SplitIndex index_;
  std::int64_t stride_;
  std::int64_t block_end_ = 0;
  bool ended_ = false;
};

/// Reads its splits in turn, a batch each. Thread: task thread only.
class BidReader final : public SourceReader {
 public:
  BidReader(const nexmark::GeneratorConfig& config, std::uint32_t splits)
      : generator_(config, 0), splits_count_(splits) {}

  void open(const OperatorContext&) override {}
  void add_split(const Split& split, SplitIndex index) override {
    blocks_.emplace_back(generator_, split, index, splits_count_);
  }
  void no_more_splits() override { no_more_ = true; }

  Poll poll(Outputs& out) override {
    for (std::size_t tried = 0; tried < blocks_.size(); ++tried) {
      BidBlocks& blocks = blocks_[turn_];
      turn_ = (turn_ + 1) % blocks_.size();
      if (blocks.ended()) continue;
      auto& port = out.port<nexmark::BidNumbers>();
      port.set_split(blocks.index());
      port.fill([&](nexmark::BidNumbers* bids, Timestamp* timestamps, std::size_t room) {
        return blocks.fill(bids, timestamps, room);
      });
      if (blocks.ended()) out.split(blocks.index(), SplitEvent::kFinished);
      return Poll::kMore;
    }
    return no_more_ ? Poll::kExhausted : Poll::kWait;
  }

  std::vector<Split> splits() const override {
    std::vector<Split> all;
    for (const BidBlocks& blocks : blocks_) all.push_back(blocks.split());
    return all;
  }

 private:
  nexmark::Generator generator_;
  std::uint32_t splits_count_;
  std::vector<BidBlocks> blocks_;
  std::size_t turn_ = 0;
  bool no_more_ = false;
};

class BidSource final : public Source {
 public:
  BidSource(nexmark::GeneratorConfig config, std::uint32_t splits) : config_(config), splits_(splits) {
    nexmark::check(config_);
  }

  bool bounded() const override { return config_.max_events > 0; }
  bool replayable() const override { return true; }

  std::unique_ptr<SplitEnumerator> make_enumerator() const override {
    std::vector<Split> splits;
    for (std::uint32_t s = 0; s < splits_; ++s) splits.push_back({std::to_string(s), ""});
    return std::make_unique<FixedSplits>(std::move(splits));
  }
  std::unique_ptr<SourceReader> make_reader() const override { return std::make_unique<BidReader>(config_, splits_); }

 private:
  nexmark::GeneratorConfig config_;
  std::uint32_t splits_;
};

}  // namespace

std::shared_ptr<const Source> nexmark_bids(nexmark::GeneratorConfig config, std::uint32_t splits) {
  return std::make_shared<BidSource>(config, splits);
}

}  // namespace weir::connectors
