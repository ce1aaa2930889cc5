#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

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
  void abandon(Host& host) const override;

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

  Stop seal() override { return parts_.seal() ? Stop::kDone : Stop::kBlocked; }
  Stop deliver() override { return parts_.deliver() ? Stop::kDone : Stop::kBlocked; }
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
/// The job begins with a directory that is empty or not there. While it runs its output is hidden in `.weir/`; when
/// everything has ended, the parts appear by renaming, as `<prefix>-<subtask>-<part>`, both counted from 1; then
/// `.weir/` goes away. A subtask without records makes no part. A restart removes what the failed attempt had hidden.
/// With FilesOptions::deliver_when_rolled a part appears as soon as it is complete, and stays there after a failure.
/// `Format` is called as `format(const T& record, std::string& out)` and appends the line without its end.
/// Errors: UserError for a directory that is not empty; ExternalError naming the path (no space, not permitted).
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
