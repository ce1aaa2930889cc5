#include <algorithm>
#include <utility>

#include "weir/sim/script.h"

#include "connection.h"

namespace weir::sim {

/// Plays the script on one connection.
class TextServer::Session {
 public:
  Session(Scheduler& scheduler, std::shared_ptr<Connection> connection, Script script)
      : scheduler_(scheduler), connection_(std::move(connection)), script_(std::move(script)), began_(scheduler.now()) {
    connection_->hurry(Connection::kClient);
    connection_->on_read(Connection::kServer, [this] { go_on_if_waiting(); });
    connection_->start(Connection::kServer, {[this](std::string bytes) { received_ += bytes; },
                                             [this](std::string) {
                                               ended_ = true;
                                               scheduler_.cancel(timer_);
                                             }});
    schedule_next();
  }

  ~Session() {
    scheduler_.cancel(timer_);
    connection_->abandon(Connection::kServer);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const std::string& received() const { return received_; }
  std::uint64_t sent() const { return sent_; }
  bool ended() const { return ended_; }

 private:
  void schedule_next() {
    if (next_ == script_.size() || connection_->left(Connection::kServer)) return;
    timer_ = scheduler_.schedule(Owner::kOutside, EventKind::kOutside,
                                 std::max(began_ + script_[next_].at, scheduler_.now()), [this] { play(); });
  }

  void play() {
    const ScriptStep& step = script_[next_];
    switch (step.action) {
      case ScriptStep::Action::kSend:
        send(step.bytes);
        if (waiting_) return;
        break;
      case ScriptStep::Action::kClose:
        connection_->close(Connection::kServer);
        break;
      case ScriptStep::Action::kReset:
        connection_->abandon(Connection::kServer);
        break;
    }
    ++next_;
    schedule_next();
  }

  void send(const std::string& bytes) {
    const std::size_t room = Net::kBuffer - std::min(Net::kBuffer, connection_->unread(Connection::kServer));
    const std::size_t size = std::min(room, bytes.size() - step_sent_);
    connection_->write(Connection::kServer, bytes.substr(step_sent_, size));
    step_sent_ += size;
    sent_ += size;
    waiting_ = step_sent_ < bytes.size();
    if (!waiting_) step_sent_ = 0;
  }

  void go_on_if_waiting() {
    if (!std::exchange(waiting_, false)) return;
    schedule_next();
  }

  Scheduler& scheduler_;
  const std::shared_ptr<Connection> connection_;
  const Script script_;
  const MonotonicTime began_;
  EventId timer_;
  std::size_t next_ = 0;       ///< step of the script
  std::size_t step_sent_ = 0;  ///< bytes of that step
  bool waiting_ = false;       ///< for the client to read
  std::string received_;
  std::uint64_t sent_ = 0;
  bool ended_ = false;
};

TextServer::TextServer(Net& net, Address address, Script script)
    : net_(net), address_(std::move(address)), script_(std::move(script)) {
  listen_again();
}

TextServer::~TextServer() = default;

void TextServer::listen_again() {
  if (listener_ != nullptr) return;
  listener_ = net_.bind(Owner::kOutside, "", address_, [this](const std::shared_ptr<Connection>& connection) {
    sessions_.push_back(std::make_unique<Session>(net_.scheduler_, connection, script_));
  });
  address_ = listener_->address();
}

const std::string& TextServer::received(std::size_t connection) const { return sessions_.at(connection)->received(); }

std::uint64_t TextServer::sent(std::size_t connection) const { return sessions_.at(connection)->sent(); }

bool TextServer::ended(std::size_t connection) const { return sessions_.at(connection)->ended(); }

}  // namespace weir::sim
