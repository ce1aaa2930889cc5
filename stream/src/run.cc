#include "weir/stream/run.h"

#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/host/cores.h"
#include "weir/host/environment.h"
#include "weir/host/memory.h"
#include "weir/host/posix_file_system.h"
#include "weir/host/temporary_directory.h"
#include "weir/stream/command_line.h"
#include "weir/stream/configuration.h"
#include "weir/stream/environment.h"
#include "weir/stream/help_text.h"

#include "cluster_job.h"
#include "embedded_job.h"
#include "exit_status.h"
#include "launch.h"

namespace weir {

namespace {

using detail::kFailed;
using detail::kWrongUsage;

std::string base_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

std::optional<std::string> read_file(const std::string& path) {
  constexpr std::size_t kChunk = 64 * 1024;
  constexpr std::size_t kLimit = 1024 * 1024;
  host::PosixFileSystem files;
  if (!files.exists(path)) return std::nullopt;
  std::string text;
  try {
    const auto file = files.open_for_read(path);
    while (text.size() <= kLimit) {
      const std::size_t known = text.size();
      text.resize(known + kChunk);
      text.resize(known + file->read_at(known, text.data() + known, kChunk));
      if (text.size() == known) return text;
    }
  } catch (const ExternalError& error) {
    throw UsageError(fmt::format("the file of options cannot be read: {}", error.what()));
  }
  throw UsageError(fmt::format("'{}' has more than {} bytes: that is no file of options", path, kLimit));
}

Configuration default_configuration() { return Configuration::for_cores(host::cores()); }

/// Lets a job without arguments say what it asks for. Whether it came to its end: it may well refuse before.
bool ask(const JobFunction& job, Environment& env) {
  try {
    job(env);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

int print_help(const std::string& program, const std::string& name, const JobFunction& job) {
  Environment env(Arguments::for_help());
  ask(job, env);
  const std::string text = detail::help_text(program, name, env.args().known(), default_configuration());
  const bool printed = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return printed ? 0 : kFailed;
}

void build(const JobFunction& job, Environment& env) {
  try {
    job(env);
  } catch (const UsageError&) {
    // What the job misses may stand there under a wrong name: that is the better thing to say.
    Environment asked(Arguments::for_help());
    if (ask(job, asked)) env.args().check_known(asked.args().known());
    throw;
  }
  env.args().check_all_used();
}

int run_job(const std::string& program, const std::string& name, const JobFunction& job, detail::CommandLine line) {
  if (line.help) return print_help(program, name, job);
  auto variables = host::environment_variables();
  const detail::Launch launch = detail::take_launch(variables);
  Configuration configuration = detail::load_configuration(
      {std::move(line.engine_flags), std::move(variables), read_file}, default_configuration());
  std::optional<host::TemporaryDirectory> until_the_end;
  if (!configuration.checkpoints.from.empty() && !configuration.takes_checkpoints()) {
    if (launch.mode != detail::Launch::Mode::kEmbedded)
      throw UsageError(
          "a job of a cluster that begins with a savepoint needs a checkpoint directory: name one with "
          "--weir.checkpoint-dir");
    configuration.checkpoints.directory = until_the_end.emplace().path();
    configuration.checkpoints.keep_on_cancel = false;
  }
  Environment env(Arguments(std::move(line.job_words)),
                  {.pre_aggregate = configuration.pre_aggregate, .checkpoints = configuration.takes_checkpoints()});
  build(job, env);
  configuration.drain = configuration.drain || env.drains_at_end();
  if (configuration.memory) host::keep_allocator_within(*configuration.memory);
  switch (launch.mode) {
    case detail::Launch::Mode::kPlan:
      return detail::tell_plan(name, env.take_graph(), configuration, launch);
    case detail::Launch::Mode::kWorker:
      return detail::run_worker(name, env.take_graph(), configuration, launch);
    case detail::Launch::Mode::kEmbedded:
      break;
  }
  return detail::run_embedded(name, env.take_graph(), configuration,
                              until_the_end ? detail::Keeps::kNothing : detail::Keeps::kCheckpoints);
}

}  // namespace

int run(int argc, char** argv, std::string name, JobFunction job) {
  const std::string program = argc > 0 ? base_name(argv[0]) : name;
  try {
    return run_job(program, name, job, detail::split_command_line({argv + std::min(argc, 1), argv + argc}));
  } catch (const UsageError& error) {
    fmt::print(stderr, "{}\nRun '{} --help' for all arguments and options.\n", error.what(), program);
    return kWrongUsage;
  } catch (const Error& error) {
    // What a user got wrong before anything ran: a flag's value that no job can be built from.
    fmt::print(stderr, "{} failed: {}\n", name, error.what());
    return error.domain() == Domain::kUser ? kWrongUsage : kFailed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{} failed: {}\n", name, error.what());
    return kFailed;
  }
}

}  // namespace weir
