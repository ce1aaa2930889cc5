#include "runs_file.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::tests {

RunsFile::RunsFile(const std::string& path) : path_(path), file_(path, std::ios::binary) {}

void RunsFile::begin_case(const WordCountCase& of) {
  file_ << fmt::format("case {} {} {} {} {} {}\n", of.seed, of.size, of.slide, of.offset, of.lateness,
                       of.out_of_orderness);
  add("input", of.files);
}

void RunsFile::begin_run(std::size_t batch_size, std::uint32_t parallelism) {
  ++runs_;
  file_ << fmt::format("run {} {}\n", batch_size, parallelism);
}

void RunsFile::add(const char* kind, const std::string& name, const std::string& bytes) {
  file_ << kind << ' ' << name << ' ' << bytes.size() << '\n' << bytes << '\n';
}

void RunsFile::add(const char* kind, const std::map<std::string, std::string>& files) {
  for (const auto& [name, bytes] : files) add(kind, name, bytes);
}

void RunsFile::close() {
  file_ << "end " << runs_ << '\n';
  file_.close();
  if (!file_) throw ExternalError("cannot write " + path_);
}

}  // namespace weir::tests
