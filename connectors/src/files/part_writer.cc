#include "weir/connectors/files/part_writer.h"

#include <algorithm>
#include <utility>

#include "files/staging.h"

namespace weir::connectors {

namespace {

constexpr std::size_t kBuffer = 256 * 1024;

}  // namespace

PartWriter::PartWriter(FilesOptions options) : options_(std::move(options)) {}

PartWriter::~PartWriter() {
  if (staging_ != nullptr) staging_->abandon();
}

void PartWriter::open(const OperatorContext& context) {
  host_ = context.host;
  staging_ = std::make_shared<Staging>(options_, *host_, context.subtask);
  call_.open(*host_, context.notifier);
  cut_at_ = static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer, options_.max_bytes));
}

bool PartWriter::hand_over() {
  if (!call_.ready()) return false;
  start(part_bytes_ + buffer_.size() >= options_.max_bytes ? Part::kComplete : Part::kGoesOn);
  return true;
}

void PartWriter::start(Part part) {
  const bool complete = part == Part::kComplete;
  part_bytes_ = complete ? 0 : part_bytes_ + buffer_.size();
  if (complete) part_began_.reset();
  cut_at_ = static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer, options_.max_bytes - part_bytes_));
  std::swap(staging_->bytes, buffer_);
  call_.start([staging = staging_, part] { staging->write(part); });
}

void PartWriter::batch_ends() {
  if (buffer_.size() >= cut_at_) hand_over();
  if (options_.roll_interval && !part_began_ && part_bytes_ + buffer_.size() > 0) part_began_ = host_->monotonic_now();
}

bool PartWriter::seal() {
  if (!call_.ready()) return false;
  if (part_bytes_ + buffer_.size() == 0) return true;
  start(Part::kComplete);
  return false;
}

bool PartWriter::deliver() {
  if (!call_.ready()) return false;
  if (std::exchange(delivering_, false)) return true;
  delivering_ = true;
  call_.start([staging = staging_] {
    staging->deliver();
    staging->remove_if_empty();
  });
  return false;
}

bool PartWriter::due() const {
  return part_began_ && options_.roll_interval && host_->monotonic_now() >= *part_began_ + *options_.roll_interval;
}

Deadline PartWriter::next_deadline() const {
  Deadline deadline;
  if (call_.ended()) {
    deadline.monotonic = MonotonicTime::min();
  } else if (!call_.under_way() && part_began_ && options_.roll_interval) {
    deadline.monotonic = *part_began_ + *options_.roll_interval;
  }
  return deadline;
}

void PartWriter::on_time() {
  if (!call_.ready()) return;
  if (due()) {
    start(Part::kComplete);
  } else if (buffer_.size() >= cut_at_) {
    hand_over();
  }
}

}  // namespace weir::connectors
