#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/connectors/files/files_options.h"
#include "weir/connectors/files/part_writer.h"
#include "weir/core/print_value.h"
#include "weir/core/sink.h"

namespace weir::connectors {

/// The format of a file sink that is given none: records as they print.
struct PrintedFormat {
  template <class T>
  void operator()(const T& value, std::string& out) const {
    append_value(out, value);
  }
};

/// What is the same for records of every type. Thread-safe: const.
class FileSinkBase : public Sink {
 public:
  /// Errors: UsageError for options that cannot be meant.
  explicit FileSinkBase(FilesOptions options);

  void prepare(Host& host, bool first) const override;
  Guarantee guarantee() const override { return Guarantee::kExactlyOnce; }
  void recover(Host& host, const StagedOutputs& keep) const override;
  void deliver(Host& host, const StagedOutputs& outputs) const override;
  void finish(Host& host) const override;
  void abandon(Host& host) const override;

  const FilesOptions& options() const { return options_; }

 protected:
  FilesOptions options_;
};

/// Writes each record as a line. Thread: task thread only.
template <class T, class Format>
class FileWriter final : public SinkWriter {
 public:
  FileWriter(const FilesOptions& options, Format format) : parts_(options), format_(std::move(format)) {}

  void open(const OperatorContext& context) override { parts_.open(context); }

  Progress write(BatchBase& batch, std::size_t from) override {
    const auto& records = static_cast<const Batch<T>&>(batch);
    for (std::size_t i = from; i < records.size(); ++i) {
      if (parts_.full()) return {i, Stop::kBlocked};
      std::string& out = parts_.buffer();
      format_(records[i], out);
      out += '\n';
    }
    parts_.batch_ends();
    return {records.size(), Stop::kDone};
  }

  void stage(CheckpointId checkpoint) override { parts_.stage(checkpoint); }
  std::optional<StagedOutputs> staged() override { return parts_.staged(); }
  void completed(CheckpointId checkpoint) override { parts_.completed(checkpoint); }
  void save(SavedValues& values) const override { parts_.save(values); }
  void restore(const SavedValues& values) override { parts_.restore(values); }
  bool restore_rescaled(const std::vector<SavedValues>& before) override {
    parts_.restore_rescaled(before);
    return true;
  }
  Deadline next_deadline() const override { return parts_.next_deadline(); }
  Stop on_time() override {
    parts_.on_time();
    return Stop::kDone;
  }

 private:
  PartWriter parts_;
  Format format_;
};

/// Writes records as lines of text into files of a directory that it has for itself.
///
/// The job begins with a directory that is empty or not there. What is written is hidden in `.weir/`, as
/// `<prefix>-<subtask>-<part>.<writer>`, and becomes visible by renaming, as `<prefix>-<subtask>-<part>`, both counted
/// from 1: with checkpoints after the checkpoint that follows it, otherwise when everything has ended. Then `.weir/`
/// goes away. A barrier ends the part at hand; a subtask without records makes no part. Exactly once, with checkpoints
/// as without: recover() removes what belongs to no completed checkpoint, deliver() shows the rest, once, whoever
/// begins it and however often it is interrupted. Without checkpoints and with FilesOptions::deliver_when_rolled a part
/// appears as soon as it is complete, and stays there after a failure. `Format` is called as `format(const T& record,
/// std::string& out)` and appends the line without its end. Errors: UserError for a directory that is not empty;
/// ExternalError naming the path (no space, not permitted), of a writer to its end: see PartWriter; CorruptionError
/// naming a part that was lost.
template <class T, class Format>
class FileSink final : public FileSinkBase {
 public:
  FileSink(FilesOptions options, Format format) : FileSinkBase(std::move(options)), format_(std::move(format)) {}

  std::unique_ptr<SinkWriter> make_writer() const override {
    return std::make_unique<FileWriter<T, Format>>(options_, format_);
  }

 private:
  Format format_;
};

/// A sink that writes records of type T into files.
template <class T, class Format = PrintedFormat>
  requires std::invocable<Format&, const T&, std::string&>
std::shared_ptr<const Sink> files(FilesOptions options, Format format = {}) {
  return std::make_shared<FileSink<T, Format>>(std::move(options), std::move(format));
}

}  // namespace weir::connectors
