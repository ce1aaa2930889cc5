#include "files/staging.h"

#include <exception>

#include <fmt/format.h>

namespace weir::connectors {

PartWriter::Staging::Staging(const FilesOptions& options, const OperatorContext& context)
    : directory_(options.directory),
      prefix_(options.prefix),
      subtask_(context.subtask),
      writer_(context.host->random()),
      delivers_at_once_(options.deliver_when_rolled && !context.checkpoints),
      host_(*context.host) {}

void PartWriter::Staging::begin_part(std::uint64_t number) {
  part_ = name(number + taken_);
  while (delivers_at_once_ && host_.files().exists(path(part_.final))) part_ = name(number + ++taken_);
  file_ = host_.files().create(path(part_.staged));
}

void PartWriter::Staging::write(std::uint64_t number, Part part) {
  if (abandoned_.load()) return;
  try {
    append(number);
    if (part != Part::kGoesOn) complete();
    if (part == Part::kSealed) host_.crash_point("checkpoint: output sealed");
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
  if (!part_.staged.empty()) host_.files().remove(path(part_.staged));
}

void PartWriter::Staging::append(std::uint64_t number) {
  if (bytes.empty()) return;
  if (file_ == nullptr) begin_part(number);
  host_.crash_point("file sink: append");
  file_->append(bytes);
  bytes.clear();
}

void PartWriter::Staging::complete() {
  host_.crash_point("file sink: sync part");
  file_->sync();
  file_.reset();
  host_.crash_point("file sink: sync staged names");
  host_.files().sync_directory(path(std::string(kStagingFolder)));
  // Not once the attempt is over: what it staged is about to be cleaned up.
  if (delivers_at_once_ && !abandoned_.load()) connectors::deliver(host_, directory_, {part_});
}

}  // namespace weir::connectors
