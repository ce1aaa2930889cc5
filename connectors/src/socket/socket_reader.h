#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "weir/connectors/lines/line_splitter.h"
#include "weir/connectors/socket/socket.h"
#include "weir/core/source.h"

#include "socket/socket_inbox.h"

namespace weir::connectors {

/// Connects, tries again, and cuts what arrives into lines. Thread: task thread only.
class SocketReader final : public SourceReader {
 public:
  explicit SocketReader(SocketOptions options);
  ~SocketReader() override;
  SocketReader(const SocketReader&) = delete;
  SocketReader& operator=(const SocketReader&) = delete;

  void open(const OperatorContext& context) override;
  void add_split(const Split& split, SplitIndex index) override;
  void no_more_splits() override { no_more_ = true; }
  Poll poll(Outputs& out) override;
  std::vector<Split> splits() const override;

 private:
  enum class State { kNoSplit, kClosedBefore, kWaitingToRetry, kConnecting, kReading, kEnded };

  void connect();
  void look_at_connection();
  Poll read(Outputs& out);
  /// Whether there was something more to cut.
  bool refill();

  SocketOptions options_;
  Host* host_ = nullptr;
  Notifier notifier_;
  State state_ = State::kNoSplit;
  bool no_more_ = false;
  Split split_;
  SplitIndex index_{};

  std::uint32_t retries_left_ = 0;
  MonotonicTime retry_at_{};
  std::unique_ptr<Timer> retry_timer_;

  std::shared_ptr<SocketInbox> inbox_;
  std::unique_ptr<ByteStream> stream_;
  LineSplitter splitter_;
  bool closed_ = false;  ///< all bytes are in the splitter
};

}  // namespace weir::connectors
