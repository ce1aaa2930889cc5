#include "weir/connectors/files/part_writer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "files/staging.h"

namespace weir::connectors {

namespace {

constexpr std::size_t kBuffer = 256 * 1024;

constexpr std::string_view kNextPart = "next part";

}  // namespace

PartWriter::PartWriter(FilesOptions options) : options_(std::move(options)) {}

PartWriter::~PartWriter() {
  if (staging_ != nullptr) staging_->abandon();
}

void PartWriter::open(const OperatorContext& context) {
  host_ = context.host;
  subtask_ = context.subtask;
  staging_ = std::make_shared<Staging>(options_, context);
  call_.open(*host_, context.notifier);
  cut_buffer();
}

/// Nothing is under way. Errors: what was under way failed, now or earlier.
bool PartWriter::ready() {
  if (failed_) std::rethrow_exception(failed_);
  try {
    return call_.ready();
  } catch (const std::exception&) {
    failed_ = std::current_exception();
    throw;
  }
}

/// Nothing is under way, and nothing that a barrier cut off waits.
bool PartWriter::caught_up() {
  if (!ready()) return false;
  if (!rests_.empty()) {
    start_rest();
    return false;
  }
  staging_under_way_ = false;
  return true;
}

bool PartWriter::hand_over() {
  if (!caught_up()) return false;
  start(part_bytes_ + buffer_.size() >= options_.max_bytes ? Part::kComplete : Part::kGoesOn);
  return true;
}

void PartWriter::start(Part part) {
  const std::uint64_t number = number_;
  part_bytes_ += buffer_.size();
  std::swap(staging_->bytes, buffer_);
  part == Part::kComplete ? end_part() : cut_buffer();
  call_.start([staging = staging_, number, part] { staging->write(number, part); });
}

void PartWriter::start_rest() {
  Rest rest = std::move(rests_.front());
  rests_.pop_front();
  staging_->bytes = std::move(rest.bytes);
  call_.start([staging = staging_, number = rest.number] { staging->write(number, Part::kSealed); });
}

void PartWriter::end_part() {
  if (!staging_->delivers_at_once()) rolled_.push_back({number_, part_bytes_});
  ++number_;
  part_bytes_ = 0;
  part_began_.reset();
  cut_buffer();
}

void PartWriter::cut_buffer() {
  cut_at_ = static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer, options_.max_bytes - part_bytes_));
}

void PartWriter::batch_ends() {
  if (buffer_.size() >= cut_at_) hand_over();
  if (options_.roll_interval && !part_began_ && at_hand()) part_began_ = host_->monotonic_now();
}

void PartWriter::stage(CheckpointId checkpoint) {
  if (at_hand()) {
    part_bytes_ += buffer_.size();
    rests_.push_back({number_, std::exchange(buffer_, {})});
    end_part();
  }
  for (const Whole& part : rolled_) sealed_.push_back({checkpoint, part});
  rolled_.clear();
  staging_under_way_ = staging_under_way_ || !rests_.empty() || call_.under_way();
  // What has ended is looked at by staged() or on_time(), which may fail.
  if (!rests_.empty() && !call_.under_way() && !failed_) start_rest();
}

std::optional<StagedOutputs> PartWriter::staged() {
  if (staging_under_way_ && !caught_up()) return std::nullopt;
  StagedOutputs outputs;
  outputs.reserve(sealed_.size());
  for (const auto& [checkpoint, part] : sealed_)
    outputs.push_back({checkpoint, subtask_, to_handle(staging_->name(part.number, part.bytes))});
  return outputs;
}

void PartWriter::completed(CheckpointId checkpoint) {
  std::erase_if(sealed_, [checkpoint](const Sealed& part) { return part.checkpoint <= checkpoint; });
}

void PartWriter::save(SavedValues& values) const { values.put(std::string(kNextPart), number_ + (at_hand() ? 1 : 0)); }

void PartWriter::restore(const SavedValues& values) {
  if (const auto number = values.get<std::uint64_t>(kNextPart)) number_ = *number;
}

void PartWriter::restore_rescaled(const std::vector<SavedValues>& before) {
  for (const SavedValues& values : before)
    number_ = std::max(number_, values.get<std::uint64_t>(kNextPart).value_or(number_));
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
  if (!caught_up()) return;
  if (due()) {
    start(Part::kComplete);
  } else if (buffer_.size() >= cut_at_) {
    hand_over();
  }
}

}  // namespace weir::connectors
