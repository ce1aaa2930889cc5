#include "weir/connectors/socket/socket.h"

#include <utility>

#include "weir/connectors/fixed_splits.h"
#include "weir/core/error.h"

#include "socket/socket_reader.h"

namespace weir::connectors {

namespace {

class SocketSource final : public Source {
 public:
  explicit SocketSource(SocketOptions options) : options_(std::move(options)) {}

  bool bounded() const override { return false; }
  bool replayable() const override { return false; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override {
    return std::make_unique<FixedSplits>(std::vector<Split>{{"text", ""}});
  }
  std::unique_ptr<SourceReader> make_reader() const override { return std::make_unique<SocketReader>(options_); }

 private:
  SocketOptions options_;
};

}  // namespace

std::shared_ptr<const Source> socket(SocketOptions options) {
  if (options.host.empty()) throw UsageError("a socket has no host: its name is empty; say where the text server is");
  if (options.port == 0) throw UsageError("port 0 is none that a text server can have: give one from 1 to 65535");
  if (options.max_line == 0) throw UsageError("lines of at most 0 bytes hold nothing: give a limit (max-line) above 0");
  return std::make_shared<SocketSource>(std::move(options));
}

}  // namespace weir::connectors
