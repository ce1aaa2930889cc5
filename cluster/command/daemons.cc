#include "daemons.h"

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "weir/cluster/job_manager.h"
#include "weir/cluster/rest_server.h"
#include "weir/cluster/task_manager.h"
#include "weir/cluster/web_directory.h"
#include "weir/core/error.h"
#include "weir/host/cores.h"
#include "weir/host/daemon.h"
#include "weir/host/environment.h"
#include "weir/host/memory.h"

#include "cluster_directory.h"
#include "daemon_log.h"
#include "pause.h"
#include "process_launcher.h"
#include "process_planner.h"

namespace weir::cluster {
namespace {

using runtime::LogLevel;

std::string random_hex(Host& host) { return fmt::format("{:016x}{:016x}", host.random(), host.random()); }

/// Runs `work` on the control loop and waits for it. Errors: what it throws.
void on_control_loop(Host& host, const std::function<void()>& work) {
  std::promise<void> done;
  host.post([&] {
    try {
      work();
      done.set_value();
    } catch (const std::exception&) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

std::unique_ptr<FileLock> lock(Host& host, const ClusterDirectory& directory, const DaemonName& name) {
  // A process that was killed holds its files until its last thread is gone, and whoever looks after a daemon holds the
  // lock for a moment.
  constexpr int kTries = 40;
  for (int tried = 0; tried < kTries; ++tried) {
    auto held = host.files().try_lock(directory.lock_file(name), std::to_string(host::process_id()) + "\n");
    if (held != nullptr) return held;
    pause(host, Duration{50});
  }
  throw ExternalError(fmt::format("{} runs in {} already, as process {}", to_string(name), directory.root(),
                                  directory.running(name).value_or(0)));
}

HeartbeatLimits limits_of(std::uint32_t interval_ms, std::uint32_t silence_ms) {
  // An answer can come two intervals after what it answers.
  if (silence_ms < 3 * std::uint64_t{interval_ms})
    throw UsageError("--heartbeat-timeout must be at least three times --heartbeat-interval");
  return {Duration{interval_ms}, Duration{silence_ms}};
}

/// Tells who started this daemon that it is up. Control loop only.
class DaemonReady {
 public:
  DaemonReady(host::RealHost& host, std::optional<int> descriptor) {
    if (descriptor) link_ = host.inherited_stream(*descriptor);
  }

  void tell(const std::string& text) {
    if (link_ == nullptr) return;
    link_->write(text + "\n");
    link_->close();
    link_.reset();
  }

 private:
  std::unique_ptr<ByteStream> link_;
};

/// Binding elsewhere without TLS would let others see and end jobs in clear text.
void check_binding(const std::string& bind, bool safe, const char* flags) {
  if (safe || is_loopback(bind)) return;
  throw UsageError(
      fmt::format("--bind {}: others than this machine reach that address, and what is sent is not encrypted: name "
                  "certificates with {}, or use a tunnel (ssh -L)",
                  bind, flags));
}

/// Where commands on this machine reach what listens there.
Address reached_at(const Address& address) {
  return {is_any_address(address.host) ? "localhost" : address.host, address.port};
}

const char* text_of(bool truth) { return truth ? "true" : "false"; }

}  // namespace

ExitStatus run_job_manager(host::RealHost& host, const JobManagerArguments& arguments) {
  const DaemonName name{DaemonName::Role::kJobManager, 0};
  DaemonReady ready(host, arguments.ready_descriptor);
  const auto internal = internal_files(arguments.tls);
  const auto page = rest_files(arguments.tls);
  check_binding(arguments.bind, internal && page,
                "--tls-internal-certificate, -key and -ca and --tls-rest-certificate and -key");
  DaemonLog log(host);
  const auto refused = [&log](const std::string& why) { log.write(LogLevel::kWarning, why); };
  MaybeTls links(host, host::TlsKind::kMutual, internal, refused);
  MaybeTls pages(host, host::TlsKind::kServer, page, refused);
  if (page && !page->ca.empty()) MaybeTls(host, host::TlsKind::kClient, host::TlsFiles{"", "", page->ca});
  const ClusterDirectory directory(host.files(), arguments.directory);
  directory.make();
  const auto held = lock(host, directory, name);
  if (directory.token().value_or("").empty()) directory.write_secret("token", random_hex(host));
  if (directory.id().value_or("").empty()) directory.write_secret("id", random_hex(host));

  JobManagerOptions options;
  options.directory = directory.state();
  options.job_directory = directory.root();
  options.peers = {*directory.id(), *directory.token()};
  options.address = {arguments.bind, arguments.control_port};
  options.limits = limits_of(arguments.heartbeat_ms, arguments.heartbeat_timeout_ms);
  options.restart.attempts = arguments.restart_attempts;
  options.restart.delay = Duration{arguments.restart_delay_ms};
  if (arguments.restart_attempts == 0) options.restart.kind = runtime::RestartStrategy::Kind::kNone;
  options.default_parallelism = arguments.parallelism;
  options.version = WEIR_VERSION;
  options.log_file = directory.log_file(name);
  options.configuration = {{"cluster.directory", directory.root()},
                           {"rest.port", std::to_string(arguments.port)},
                           {"jobmanager.rpc.port", std::to_string(arguments.control_port)},
                           {"security.ssl.internal.enabled", text_of(internal.has_value())},
                           {"security.ssl.rest.enabled", text_of(page.has_value())},
                           {"parallelism.default", std::to_string(arguments.parallelism)},
                           {"heartbeat.interval", fmt::format("{} ms", arguments.heartbeat_ms)},
                           {"heartbeat.timeout", fmt::format("{} ms", arguments.heartbeat_timeout_ms)}};
  RestOptions rest;
  rest.address = {arguments.bind, arguments.port};
  rest.scheme = pages.scheme();
  rest.token = *directory.token();
  rest.web_directory = web_directory(host.files(), host::program_path());
  rest.upload_directory = directory.uploads();

  ProcessPlanner planner(host, directory.state() + "/programs");
  std::unique_ptr<JobManager> manager;
  std::unique_ptr<RestServer> server;
  std::promise<void> over;
  const auto begin = [&](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
      server = std::make_unique<RestServer>(pages.host(), *manager, rest);
      directory.write_tls(internal, page);
      directory.write_address("rest", reached_at(server->address()));
      directory.write_address("control", reached_at(manager->address()));
      log.write(LogLevel::kInfo, fmt::format("JobManager {} in process {}: {}://{}, TaskManagers at {}{}", WEIR_VERSION,
                                             host::process_id(), rest.scheme, weir::to_string(server->address()),
                                             weir::to_string(manager->address()), internal ? " with TLS" : ""));
      ready.tell(directory.page_url());
    } catch (const std::exception&) {
      over.set_exception(std::current_exception());
    }
  };
  on_control_loop(host, [&] {
    manager = std::make_unique<JobManager>(links.host(), planner, options, log.log());
    manager->start(begin);
  });
  host.on_signal([&](int signal) {
    log.write(LogLevel::kInfo, fmt::format("signal {}: stopping", signal));
    server.reset();
    manager->stop([&] { over.set_value(); });
  });
  const auto end = [&] {
    on_control_loop(host, [&] {
      server.reset();
      manager.reset();
    });
    log.flush();
  };
  try {
    over.get_future().get();
  } catch (const std::exception&) {
    end();
    throw;
  }
  end();
  return ExitStatus::kFine;
}

ExitStatus run_task_manager(host::RealHost& host, const TaskManagerArguments& arguments) {
  const DaemonName name{DaemonName::Role::kTaskManager, arguments.number};
  DaemonReady ready(host, arguments.ready_descriptor);
  const ClusterDirectory directory(host.files(), arguments.directory);
  const auto tls = arguments.tls.empty() ? directory.internal_tls() : internal_files({arguments.tls, {}});
  check_binding(arguments.bind, tls.has_value(), "--tls-internal-certificate, -key and -ca");
  if (is_any_address(arguments.bind))
    throw UsageError(fmt::format("--bind {}: name the address by which other machines reach this one", arguments.bind));
  DaemonLog log(host);
  MaybeTls links(host, host::TlsKind::kMutual, tls);
  directory.make();
  const auto held = lock(host, directory, name);
  const auto token = directory.token();
  const auto id = directory.id();
  const auto control = arguments.job_manager.empty() ? directory.control_address()
                                                     : parse_address("--jobmanager", arguments.job_manager);
  if (!token || !id || !control)
    throw ExternalError(
        fmt::format("there has been no JobManager in {}: start one with weir cluster start, or with "
                    "weir jobmanager",
                    directory.root()));

  TaskManagerOptions options;
  options.job_manager = *control;
  // One that is started again may have another port.
  if (arguments.job_manager.empty()) options.find_job_manager = [&directory] { return directory.control_address(); };
  options.limits = limits_of(arguments.heartbeat_ms, arguments.heartbeat_timeout_ms);
  options.hello.cluster = *id;
  options.hello.token = *token;
  options.hello.node =
      fmt::format("{}-{}-{:08x}", host::host_name(), to_string(name), static_cast<std::uint32_t>(host.random()));
  options.hello.slots = arguments.slots != 0 ? arguments.slots : host::cores();
  options.hello.cores = host::cores();
  options.hello.physical_memory = host::physical_memory();
  options.hello.process_id = host::process_id();
  options.hello.host = host::host_name();
  options.hello.log_file = directory.log_file(name);
  options.hello.stdout_file = directory.out_file(name);

  log.write(LogLevel::kInfo, fmt::format("TaskManager {} {} in process {}, {} slots", options.hello.node, WEIR_VERSION,
                                         host::process_id(), options.hello.slots));
  ProcessLauncher launcher(host, options.hello.stdout_file, options.hello.log_file,
                           {arguments.bind, tls, options.limits});
  std::unique_ptr<TaskManager> manager;
  std::promise<void> over;
  options.memory_of = [](std::uint64_t process) { return host::used_memory(process); };
  options.on_welcome = [&] { ready.tell("connected"); };
  on_control_loop(host, [&] {
    manager = std::make_unique<TaskManager>(links.host(), launcher, options, log.log());
    manager->start();
  });
  host.on_signal([&](int signal) {
    log.write(LogLevel::kInfo, fmt::format("signal {}: stopping", signal));
    manager->stop([&] { over.set_value(); });
  });
  over.get_future().get();
  on_control_loop(host, [&] { manager.reset(); });
  log.flush();
  return ExitStatus::kFine;
}

}  // namespace weir::cluster
