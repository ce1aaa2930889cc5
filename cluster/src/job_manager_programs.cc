// The programs that a JobManager keeps.

#include <algorithm>

#include <fmt/format.h>

#include "weir/cluster/job_manager.h"
#include "weir/core/error.h"
#include "weir/core/file_hash.h"

#include "managed_job.h"

namespace weir::cluster {

std::vector<UploadedProgram> JobManager::programs() const {
  std::vector<UploadedProgram> all;
  for (const auto& [id, program] : programs_) all.push_back(program);
  return all;
}

void JobManager::add_program(const std::string& name, const std::string& file, Added done) {
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos || name.size() > 200)
    throw UserError(fmt::format("'{}' cannot be the name of a program: it must be the name of a file", name));
  auto program = std::make_shared<UploadedProgram>();
  program->name = name;
  program->uploaded_ms = now_ms();
  auto work = [program, file, &files = host_.files(), directory = programs_directory()] {
    const Hash128 hash = hash_of_file(files, file);
    program->id = fmt::format("{:016x}{:016x}_{}", hash.high, hash.low, program->name);
    const std::string path = directory + "/" + program->id;
    if (files.exists(path)) return files.remove(file);
    files.rename(file, path);
    files.sync_directory(directory);
  };
  blocking(work, [program, done](JobManager& self, std::exception_ptr error) {
    if (error) return done({}, std::move(error));
    self.programs_.insert_or_assign(program->id, *program);
    done(*program, nullptr);
  });
}

bool JobManager::remove_program(const std::string& id) {
  const auto found = programs_.find(id);
  if (found == programs_.end()) return false;
  const std::string path = programs_directory() + "/" + id;
  for (const auto& [job_id, job] : jobs_) {
    if (job->phase != Job::Phase::kEnded && job->stored.command.program == path)
      throw UserError(fmt::format("job {} runs this program: cancel it first", job_id));
  }
  programs_.erase(found);
  blocking([&files = host_.files(), path] { files.remove(path); },
           [](JobManager& self, std::exception_ptr error) {
             if (error) self.log_(runtime::LogLevel::kWarning, "a removed program is still on disk");
           });
  return true;
}

}  // namespace weir::cluster
