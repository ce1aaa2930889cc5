#include "weir/connectors/socket/demo_text.h"

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "weir/core/network.h"

#include "socket/socket_reader.h"

namespace weir::connectors {

namespace {

constexpr const char* kLoopback = "127.0.0.1";
constexpr std::chrono::milliseconds kPause{200};
constexpr std::array kWords{"lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit"};

/// Serves words to whoever connects, and has the source connect to it. Thread: control loop.
class DemoServer final : public SplitEnumerator {
 public:
  void start(SplitAssigner& assigner) override {
    host_ = &assigner.host();
    listener_ = host_->network().listen({kLoopback, 0},
                                        [this](std::unique_ptr<ByteStream> stream) { serve(std::move(stream)); });
    assigner.assign({to_string(listener_->address()), ""});
    assigner.no_more_splits();
  }

 private:
  void serve(std::unique_ptr<ByteStream> stream) {
    client_ = std::move(stream);
    client_->start({[](const std::string&) {}, [](const std::string&) {}});
    write_line();
  }

  void write_line() {
    std::string line;
    for (int word = 0; word < 4; ++word)
      line += (word == 0 ? "" : " ") + std::string(kWords[host_->random() % kWords.size()]);
    client_->write(line + "\n");
    timer_ = host_->at(host_->monotonic_now() + kPause, [this] { write_line(); });
  }

  Host* host_ = nullptr;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<ByteStream> client_;
  std::unique_ptr<Timer> timer_;
};

/// Reads from the address that its split names.
class DemoReader final : public SourceReader {
 public:
  void open(const OperatorContext& context) override { context_ = context; }
  void add_split(const Split& split, SplitIndex index) override {
    SocketOptions options;
    options.host = kLoopback;
    options.port = static_cast<std::uint16_t>(std::stoul(split.id.substr(split.id.rfind(':') + 1)));
    reader_ = std::make_unique<SocketReader>(options);
    reader_->open(context_);
    reader_->add_split(split, index);
  }
  void no_more_splits() override {
    no_more_ = true;
    if (reader_) reader_->no_more_splits();
  }
  Poll poll(Outputs& out) override {
    if (reader_) return reader_->poll(out);
    return no_more_ ? Poll::kExhausted : Poll::kWait;
  }
  /// None to go on with: the server goes with its attempt, the next one has another.
  std::vector<Split> splits() const override { return {}; }

 private:
  OperatorContext context_;
  std::unique_ptr<SocketReader> reader_;
  bool no_more_ = false;
};

class DemoSource final : public Source {
 public:
  bool bounded() const override { return false; }
  bool replayable() const override { return false; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override { return std::make_unique<DemoServer>(); }
  std::unique_ptr<SourceReader> make_reader() const override { return std::make_unique<DemoReader>(); }
};

}  // namespace

std::shared_ptr<const Source> demo_text() { return std::make_shared<DemoSource>(); }

}  // namespace weir::connectors
