#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "weir/sim/world.h"

namespace weir::sim {

/// Two loops, a timer, a writer of files and a client of a text server, all of them busy for a while.
class BusyProgram {
 public:
  static constexpr int kRounds = 40;

  explicit BusyProgram(World& world) : world_(world) {
    const Address address{"localhost", 9999};
    world.text_server(address, {send_at(std::chrono::milliseconds(1), "to be or not to be\n"),
                                send_at(std::chrono::milliseconds(3), std::string(5000, 'x')),
                                close_at(std::chrono::milliseconds(5))});
    world.network().connect(address, [this](std::unique_ptr<ByteStream> stream, const std::string&) {
      stream_ = std::move(stream);
      stream_->start({[this](std::string bytes) {
                        log_ += "bytes " + std::to_string(bytes.size()) + "\n";
                        stream_->write("ack");
                      },
                      [this](std::string) { closed_ = true; }});
    });
    for (auto& walker : walkers_) walker = std::make_unique<Walker>(*this);
    tick();
    write_file();
  }

  bool done() const { return closed_ && ticks_ == kRounds && files_ == kRounds; }

  /// What happened, in its order.
  const std::string& log() const { return log_; }

 private:
  struct Walker : Steppable {
    explicit Walker(BusyProgram& of_program) : program(of_program), loop(program.world_.start_loop(*this, "walker")) {}
    StepResult step() override {
      ++steps;
      program.log_ += "step " + std::to_string(program.world_.monotonic_now().time_since_epoch().count()) + "\n";
      if (steps >= kRounds) return StepResult::kIdle;
      return program.world_.random() % 2 == 0 ? StepResult::kMore : StepResult::kIdle;
    }
    BusyProgram& program;
    int steps = 0;
    std::unique_ptr<Loop> loop;
  };

  void tick() {
    if (ticks_ == kRounds) return;
    ++ticks_;
    for (auto& walker : walkers_) walker->loop->wake();
    world_.post([this] { log_ += "posted\n"; });
    timer_ = world_.at(world_.monotonic_now() + std::chrono::microseconds(300), [this] { tick(); });
  }

  void write_file() {
    if (files_ == kRounds) return;
    world_.blocking(
        [this] {
          auto file = world_.files().create("/file-" + std::to_string(files_));
          file->append(std::string(2000, 'a'));
          if (files_ % 2 == 0) file->sync();
          if (files_ % 4 == 0) world_.files().sync_directory("/");
        },
        [this](const std::exception_ptr&) {
          ++files_;
          log_ += "file\n";
          write_file();
        });
  }

  World& world_;
  std::string log_;
  int ticks_ = 0;
  int files_ = 0;
  bool closed_ = false;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Timer> timer_;
  std::array<std::unique_ptr<Walker>, 2> walkers_;
};

}  // namespace weir::sim
