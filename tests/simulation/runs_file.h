#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>

#include "kit/word_count_case.h"

namespace weir::tests {

/// Runs of the event-time word count in a file, for tests/oracle/check_runs.py.
///
/// For each case: `case <seed> <size> <slide> <offset> <lateness> <out of orderness>`, then its input files, then runs:
/// `run <batch size> <parallelism>` with output and late files. A file is `input|output|late <name> <bytes>`, its bytes
/// and a newline. The last line is `end <runs>`.
class RunsFile {
 public:
  /// Errors are told by close().
  explicit RunsFile(const std::string& path);

  /// A case with its input.
  void begin_case(const WordCountCase& of);
  void begin_run(std::size_t batch_size, std::uint32_t parallelism);
  /// `kind`: "output" or "late"; of the run that has begun.
  void add(const char* kind, const std::string& name, const std::string& bytes);
  void add(const char* kind, const std::map<std::string, std::string>& files);

  /// Errors: ExternalError when not everything could be written.
  void close();

 private:
  std::string path_;
  std::ofstream file_;
  std::uint64_t runs_ = 0;
};

}  // namespace weir::tests
