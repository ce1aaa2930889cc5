#include "cluster_command.h"

#include <future>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "weir/cluster/json_writer.h"
#include "weir/core/error.h"
#include "weir/host/daemon.h"

#include "cluster_directory.h"

namespace weir::cluster {
namespace {

constexpr DaemonName kJobManager{DaemonName::Role::kJobManager, 0};
/// Until a daemon is up, and until it has ended.
constexpr Duration kPatience{30'000};

DaemonName task_manager(std::uint32_t number) { return {DaemonName::Role::kTaskManager, number}; }

const char* word_of(const DaemonName& name) {
  return name.role == DaemonName::Role::kJobManager ? "jobmanager" : "taskmanager";
}

/// The file's last lines from `from` on, each behind two spaces; empty when there are none.
std::string last_lines(FileSystem& files, const std::string& path, std::uint64_t from) {
  constexpr std::uint64_t kBytes = 2000;
  if (!files.exists(path)) return "";
  const auto file = files.open_for_read(path);
  const std::uint64_t size = file->size();
  if (size > from + kBytes) from = size - kBytes;
  std::string text(size > from ? size - from : 0, '\0');
  text.resize(file->read_at(from, text.data(), text.size()));
  std::string lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines += "\n  " + text.substr(begin, end - begin);
    begin = end + 1;
  }
  return lines;
}

/// What becomes of a daemon that is being started. Shared with its events.
struct Beginning {
  std::string said;
  std::unique_ptr<host::ChildProcess> process;
  std::unique_ptr<ByteStream> link;
  std::unique_ptr<Timer> timer;
  std::promise<std::string> end;  ///< what it said; empty: it did not come up
  bool told = false;

  void tell(const std::string& what) {
    if (std::exchange(told, true)) return;
    end.set_value(what);
  }
};

/// Starts a daemon and waits until it is up. Returns what it said. Errors: ExternalError with the end of its log.
std::string start_daemon(host::RealHost& host, const ClusterDirectory& directory, const DaemonName& name,
                         std::vector<std::string> words, OutputFormat format) {
  if (format == OutputFormat::kText)
    host.print(StandardStream::kOut, fmt::format("Starting {} daemon on host {}.\n", word_of(name), host::host_name()));
  host::ChildCommand command;
  command.words = {host::program_path(), word_of(name), "--dir",
                   directory.root(),     "--ready-fd",  std::to_string(host::kChildLink)};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.out = {host::ChildOutput::To::kFile, directory.out_file(name)};
  command.error = {host::ChildOutput::To::kFile, directory.log_file(name)};
  command.link = true;
  command.session = host::ChildCommand::Session::kOwn;
  FileSystem& files = host.files();
  const std::string log = directory.log_file(name);
  const std::uint64_t log_begins = files.exists(log) ? files.open_for_read(log)->size() : 0;
  auto beginning = std::make_shared<Beginning>();
  auto end = beginning->end.get_future();
  host.post([&host, command, beginning] {
    try {
      beginning->process = host.spawn(command, [beginning](host::ChildEnd) { beginning->tell(""); });
    } catch (const std::exception&) {
      beginning->told = true;
      return beginning->end.set_exception(std::current_exception());
    }
    beginning->link = beginning->process->take_link();
    // One that fails still has to say why: what counts is its end, not that of the link.
    beginning->link->start({[beginning](const std::string& bytes) {
                              beginning->said += bytes;
                              if (beginning->said.ends_with('\n')) beginning->tell(beginning->said);
                            },
                            [](const std::string&) {}});
    beginning->timer = host.at(host.monotonic_now() + kPatience, [beginning] { beginning->tell(""); });
  });
  // However it ends, what the events hold is given back.
  const auto clean_up = [&](bool up) {
    std::promise<void> done;
    host.post([&] {
      if (up && beginning->process != nullptr) beginning->process->let_go();
      beginning->timer.reset();
      beginning->link.reset();
      beginning->process.reset();
      done.set_value();
    });
    done.get_future().get();
  };
  std::string said;
  try {
    said = end.get();
  } catch (const std::exception&) {
    clean_up(false);
    throw;
  }
  clean_up(!said.empty());
  if (said.empty())
    throw ExternalError(fmt::format("the {} daemon did not come up; the last lines of {}:{}", word_of(name), log,
                                    last_lines(files, log, log_begins)));
  said.pop_back();
  return said;
}

void add_tls_flags(std::vector<std::string>& words, const TlsArguments& tls) {
  const auto add = [&words](const char* flag, const std::string& file) {
    if (!file.empty()) words.insert(words.end(), {flag, file});
  };
  add("--tls-internal-certificate", tls.internal.certificate);
  add("--tls-internal-key", tls.internal.key);
  add("--tls-internal-ca", tls.internal.ca);
  add("--tls-rest-certificate", tls.rest.certificate);
  add("--tls-rest-key", tls.rest.key);
  add("--tls-rest-ca", tls.rest.ca);
}

void tell_running(host::RealHost& host, const DaemonName& name, std::uint64_t pid, OutputFormat format) {
  if (format == OutputFormat::kText)
    host.print(StandardStream::kOut, fmt::format("{} runs already (pid: {}).\n", to_string(name), pid));
}

std::uint32_t first_free(const ClusterDirectory& directory) {
  const auto taken = directory.running_task_managers();
  std::uint32_t number = 0;
  while (std::find(taken.begin(), taken.end(), number) != taken.end()) ++number;
  return number;
}

void end_daemon(host::RealHost& host, const ClusterDirectory& directory, const DaemonName& name) {
  const auto pid = directory.running(name);
  if (!pid) return;
  host.print(StandardStream::kOut,
             fmt::format("Stopping {} daemon (pid: {}) on host {}.\n", word_of(name), *pid, host::host_name()));
  if (host::end_process(*pid, kPatience) == host::EndOfProcess::kKilled)
    host.print(StandardStream::kError, fmt::format("weir: it did not end within {} s and was killed.\n",
                                                   std::chrono::floor<std::chrono::seconds>(kPatience).count()));
}

}  // namespace

ExitStatus start_cluster(host::RealHost& host, const ClusterStartArguments& arguments, OutputFormat format) {
  const ClusterDirectory directory(host.files(), arguments.job_manager.directory);
  const bool text = format == OutputFormat::kText;
  const auto manager = directory.running(kJobManager);
  const auto running = directory.running_task_managers();
  if (manager && running.size() >= arguments.task_managers)
    throw ExternalError(
        fmt::format("a cluster runs in {} already: its JobManager is process {}; stop it with weir "
                    "cluster stop, or start another one elsewhere with --dir",
                    directory.root(), *manager));
  directory.make();
  const JobManagerArguments& from = arguments.job_manager;
  const std::vector<std::string> heartbeats{"--heartbeat-interval", std::to_string(from.heartbeat_ms),
                                            "--heartbeat-timeout", std::to_string(from.heartbeat_timeout_ms)};
  std::vector<std::string> words{"--port",
                                 std::to_string(from.port),
                                 "--control-port",
                                 std::to_string(from.control_port),
                                 "--bind",
                                 from.bind,
                                 "--parallelism",
                                 std::to_string(from.parallelism),
                                 "--restart-attempts",
                                 std::to_string(from.restart_attempts),
                                 "--restart-delay",
                                 std::to_string(from.restart_delay_ms)};
  words.insert(words.end(), heartbeats.begin(), heartbeats.end());
  add_tls_flags(words, from.tls);
  if (text) host.print(StandardStream::kOut, "Starting cluster.\n");
  std::string page = directory.page_url();
  if (manager) {
    tell_running(host, kJobManager, *manager, format);
  } else {
    page = start_daemon(host, directory, kJobManager, words, format);
  }
  for (const std::uint32_t number : running)
    tell_running(host, task_manager(number), directory.running(task_manager(number)).value_or(0), format);
  for (std::size_t i = running.size(); i < arguments.task_managers; ++i) {
    const std::uint32_t number = first_free(directory);
    words = {"--number", std::to_string(number), "--slots", std::to_string(arguments.slots)};
    words.insert(words.end(), heartbeats.begin(), heartbeats.end());
    // Which certificates they show they find in the directory.
    start_daemon(host, directory, task_manager(number), words, format);
  }
  // With no TaskManager asked for, that none runs is no problem.
  if (!text) {
    show_cluster(host, arguments.job_manager.directory, format);
    return ExitStatus::kFine;
  }
  host.print(StandardStream::kOut, fmt::format("The cluster's page is {}\n", page));
  return ExitStatus::kFine;
}

ExitStatus stop_cluster(host::RealHost& host, const std::string& path) {
  const ClusterDirectory directory(host.files(), path);
  const auto managers = directory.running_task_managers();
  const bool any = !managers.empty() || directory.running(kJobManager);
  if (!any) throw ExternalError(fmt::format("no cluster runs in {}", directory.root()));
  // The JobManager notes that their workers are gone, so that jobs go on at once when the cluster is started again.
  for (const std::uint32_t number : managers) end_daemon(host, directory, task_manager(number));
  end_daemon(host, directory, kJobManager);
  return ExitStatus::kFine;
}

ExitStatus show_cluster(host::RealHost& host, const std::string& path, OutputFormat format) {
  const ClusterDirectory directory(host.files(), path);
  std::vector<DaemonName> names{kJobManager};
  for (const std::uint32_t number : directory.running_task_managers()) names.push_back(task_manager(number));
  const bool runs = directory.running(kJobManager).has_value();
  const std::string page = directory.page_url();
  JsonWriter writer;
  std::string text;
  writer.begin_object().key("directory").text(directory.root()).key("page");
  writer.text(runs ? page : "").key("daemons").begin_array();
  for (const DaemonName& name : names) {
    const auto pid = directory.running(name);
    text += pid ? fmt::format("{} runs (pid: {})\n", to_string(name), *pid)
                : fmt::format("{} does not run\n", to_string(name));
    writer.begin_object().key("name").text(to_string(name)).key("running").boolean(pid.has_value());
    if (pid) writer.key("pid").number(*pid);
    writer.end_object();
  }
  writer.end_array().end_object();
  if (names.size() == 1) text += "no taskmanager runs\n";
  if (runs && !page.empty()) text += fmt::format("The cluster's page is {}\n", page);
  host.print(StandardStream::kOut, format == OutputFormat::kJson ? writer.result() + "\n" : text);
  return runs && names.size() > 1 ? ExitStatus::kFine : ExitStatus::kProblem;
}

}  // namespace weir::cluster
