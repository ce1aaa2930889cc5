#include "files/staging.h"

#include <exception>

#include <fmt/format.h>

namespace weir::connectors {

PartWriter::Staging::Staging(const FilesOptions& options, Host& host, SubtaskIndex subtask)
    : directory_(options.directory),
      final_prefix_(fmt::format("{}/{}-{}-", options.directory, options.prefix, subtask.value() + 1)),
      // A number of its own: what an earlier attempt still does cannot touch these files.
      staged_prefix_(
          fmt::format("{}/{}/{:016x}-{}-", options.directory, kStagingFolder, host.random(), subtask.value() + 1)),
      deliver_at_once_(options.deliver_when_rolled),
      host_(host) {}

void PartWriter::Staging::begin_part() {
  ++number_;
  if (deliver_at_once_) {
    // An earlier attempt may have delivered.
    while (host_.files().exists(final_prefix_ + std::to_string(number_))) ++number_;
  }
  part_ = {staged_prefix_ + std::to_string(number_), final_prefix_ + std::to_string(number_)};
  file_ = host_.files().create(part_.staged);
}

void PartWriter::Staging::write(Part part) {
  if (abandoned_.load()) return;
  try {
    append();
    if (part == Part::kComplete) complete();
  } catch (const std::exception&) {
    discard_if_abandoned();
    throw;
  }
  discard_if_abandoned();
}

void PartWriter::Staging::discard_if_abandoned() {
  if (!abandoned_.load()) return;
  // Whoever cleared the staging folder meanwhile may not have seen the file yet.
  file_.reset();
  if (!part_.staged.empty()) host_.files().remove(part_.staged);
}

void PartWriter::Staging::append() {
  if (bytes.empty()) return;
  if (file_ == nullptr) begin_part();
  host_.crash_point("file sink: append");
  file_->append(bytes);
  bytes.clear();
}

void PartWriter::Staging::complete() {
  if (file_ == nullptr) return;
  host_.crash_point("file sink: sync part");
  file_->sync();
  file_.reset();
  host_.crash_point("file sink: sync staged names");
  host_.files().sync_directory(fmt::format("{}/{}", directory_, kStagingFolder));
  complete_.push_back(part_);
  if (deliver_at_once_) deliver();
}

void PartWriter::Staging::deliver() {
  // The attempt is over: what it staged is about to be cleaned up.
  if (abandoned_.load()) return;
  connectors::deliver(host_, directory_, complete_);
  complete_.clear();
}

void PartWriter::Staging::remove_if_empty() { remove_empty_staging(host_.files(), directory_); }

}  // namespace weir::connectors
