#include "cluster_verbs.h"

#include <CLI/CLI.hpp>

#include "weir/core/error.h"

#include "memory_command.h"
#include "plan_command.h"

namespace weir::cluster {
namespace {

constexpr const char* kClusterExamples =
    "Examples:\n"
    "  weir cluster start                        a JobManager and a TaskManager here, the page on port 8081\n"
    "  weir cluster start --taskmanagers 3 -p 0  three TaskManagers, a page on any free port\n"
    "  weir cluster status\n"
    "  weir cluster stop                         jobs go on when the cluster is started again\n\n"
    "Logs are in log/, all else is in .weir-cluster/. A cluster listens on this machine alone, unless\n"
    "--bind says otherwise, which takes TLS: certificates, keys and CAs are files of PEM.\n\n"
    "Exit status: 0 fine, 1 it did not work (status: not all runs), 2 wrong arguments\n";

constexpr const char* kRunExamples =
    "Examples:\n"
    "  weir run ./socket_window_word_count --port 9999\n"
    "  weir run -d -p 4 ./job --input data.txt    -d: submits it and does not wait\n"
    "  weir run -D checkpoint-dir=checkpoints -D checkpoint-interval=5s ./job\n"
    "  weir run -s savepoints/savepoint-1 ./job   goes on from a savepoint\n\n"
    "What stands behind JOB belongs to the job. It works in this directory. Without -d the command waits for the\n"
    "job's end: Ctrl-C cancels the job, once more leaves it alone.\n\n"
    "Exit status: 0 submitted (-d), or finished; 1 the job failed, was cancelled, or could not be submitted;\n"
    "             2 wrong arguments, also of the job; 130 cancelled by Ctrl-C\n";

constexpr const char* kPlanExamples =
    "Examples:\n"
    "  weir plan --from savepoints/savepoint-1 ./job --input data.txt\n"
    "  weir plan --from checkpoints@17 --json ./job     a checkpoint that is not the newest\n\n"
    "For each operator and each keyed state: kept, migrated (its values change), new (begins empty), dropped or\n"
    "incompatible. Nothing is run or changed. What stands behind JOB belongs to the job.\n\n"
    "Exit status: 0 the job goes on from it; 1 it cannot; 2 wrong arguments, also of the job;\n"
    "             3 it can if state may be dropped, and -n is not given\n";

constexpr const char* kStatuses = "Exit status: 0 fine, 1 it did not work, 2 wrong arguments\n";

class Verbs {
 public:
  Verbs(VerbArguments& arguments, Action& action) : arguments_(arguments), action_(action) {}

  void add_cluster(CLI::App& app) {
    CLI::App& group = *app.add_subcommand("cluster", "Starts and stops a cluster on this machine");
    group.require_subcommand(1);
    group.footer(kClusterExamples);
    CLI::App& start =
        add(group, "start", "Starts what does not run of a JobManager and TaskManagers, and waits until it is up",
            kClusterExamples, [this](host::RealHost& host) { return start_cluster(host, arguments_.start, format()); });
    add_json(start);
    add_job_manager_options(start, arguments_.start.job_manager);
    start.add_option("--taskmanagers", arguments_.start.task_managers, "how many")
        ->type_name("N")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    start.add_option("--slots", arguments_.start.slots, "of each TaskManager; 0: one for each core")
        ->type_name("N")
        ->check(CLI::Range(0, 100'000))
        ->capture_default_str();
    CLI::App& stop = add(group, "stop", "Stops all of it; jobs go on when it is started again", kClusterExamples,
                         [this](host::RealHost& host) { return stop_cluster(host, directory()); });
    add_directory(stop, arguments_.start.job_manager.directory);
    CLI::App& status = add(group, "status", "Tells what runs", kClusterExamples,
                           [this](host::RealHost& host) { return show_cluster(host, directory(), format()); });
    add_directory(status, arguments_.start.job_manager.directory);
    add_json(status);
  }

  void add_daemons(CLI::App& app) {
    CLI::App& job_manager =
        add(app, "jobmanager", "Is a JobManager until a signal ends it; cluster start starts it in the background",
            kStatuses, [this](host::RealHost& host) { return run_job_manager(host, arguments_.start.job_manager); });
    add_job_manager_options(job_manager, arguments_.start.job_manager);
    add_ready(job_manager, arguments_.start.job_manager.ready_descriptor);
    TaskManagerArguments& from = arguments_.task_manager;
    CLI::App& task_manager =
        add(app, "taskmanager", "Is a TaskManager until a signal ends it; cluster start starts it in the background",
            kStatuses, [this](host::RealHost& host) { return run_task_manager(host, arguments_.task_manager); });
    add_directory(task_manager, from.directory);
    task_manager.add_option("--number", from.number, "its number in the cluster")
        ->type_name("N")
        ->capture_default_str();
    task_manager.add_option("--slots", from.slots, "0: one for each core")
        ->type_name("N")
        ->check(CLI::Range(0, 100'000))
        ->capture_default_str();
    task_manager
        .add_option("--jobmanager", from.job_manager, "where it listens for TaskManagers, if not that of the directory")
        ->type_name("HOST:PORT");
    task_manager
        .add_option("--bind", from.bind, "the address at which its workers listen, and by which others reach them")
        ->type_name("HOST")
        ->capture_default_str();
    add_heartbeats(task_manager, from.heartbeat_ms, from.heartbeat_timeout_ms);
    add_internal_tls(task_manager, from.tls);
    add_ready(task_manager, from.ready_descriptor);
  }

  void add_jobs(CLI::App& app) {
    CLI::App& run = add(app, "run", "Submits a job", kRunExamples, [this](host::RealHost& host) {
      need_job();
      return run_job(host, arguments_.run, format());
    });
    add_json(run);
    run.add_flag("-d,--detached", arguments_.run.detached, "does not wait for the job's end");
    add_plan_options(run);
    add_cluster_address(run);
    run.add_option("-s,--fromSavepoint", arguments_.run.savepoint, "goes on from this savepoint")
        ->type_name("SAVEPOINT");
    run.add_flag("-n,--allowNonRestoredState", arguments_.run.allow_non_restored_state,
                 "also if the savepoint has state that the job has no place for");
    run.add_flag_callback(
        "--claim", [this] { arguments_.run.claim = true; },
        "the savepoint becomes the job's, which removes it when it needs it no more");
    CLI::App& info =
        add(app, "info", "Shows what a job would run, and runs nothing", kStatuses, [this](host::RealHost& host) {
          need_job();
          return show_plan(host, arguments_.run, format());
        });
    add_plan_options(info);
    add_json(info);

    CLI::App& plan =
        add(app, "plan", "Says what would become of a checkpoint's state in a job, and runs nothing", kPlanExamples,
            [this](host::RealHost& host) {
              need_job();
              need_checkpoint();
              return plan_from_checkpoint(
                  host, {arguments_.run, arguments_.from, arguments_.json ? OutputFormat::kJson : OutputFormat::kText});
            });
    plan.add_option("--from", arguments_.from, "a checkpoint or savepoint: DIR, DIR@N or DIR@GENERATION.N");
    plan.add_flag("-n,--allowNonRestoredState", arguments_.run.allow_non_restored_state,
                  "what the job has no place for may be dropped");
    add_plan_options(plan);
    add_json(plan);

    CLI::App& list = add(app, "list", "Lists the jobs, the newest first", kStatuses, [this](host::RealHost& host) {
      return list_jobs(host, arguments_.run.cluster, arguments_.running ? Jobs::kRunning : Jobs::kAll, format());
    });
    list.add_flag("-r,--running", arguments_.running, "only those that have not ended");
    list.add_flag("-a,--all", arguments_.all, "ended ones, too, as without this flag")->excludes("--running");
    add_cluster_address(list);
    add_json(list);

    CLI::App& cancel = add(app, "cancel", "Ends a job, without a savepoint", kStatuses, [this](host::RealHost& host) {
      return cancel_job(host, arguments_.run.cluster, arguments_.id, format());
    });
    add_id(cancel);
    add_json(cancel);

    CLI::App& stop = add(app, "stop", "Ends a job with a savepoint, from which it can go on", kStatuses,
                         [this](host::RealHost& host) { return savepoint(host, true); });
    add_id(stop);
    stop.add_option("-p,--savepointPath", arguments_.directory, "where the savepoint is made; else in savepoints/")
        ->type_name("DIR");
    add_json(stop);

    CLI::App& savepoint = add(app, "savepoint", "Makes a savepoint of a job, which runs on", kStatuses,
                              [this](host::RealHost& host) { return this->savepoint(host, false); });
    add_id(savepoint);
    savepoint.add_option("DIR", arguments_.directory, "where it is made")->type_name("");
    add_json(savepoint);

    CLI::App& mem = add(app, "mem", "Shows what a job's keyed state takes in memory, and what lies on disk alone",
                        kStatuses, [this](host::RealHost& host) {
                          return show_memory(host, arguments_.run.cluster, arguments_.id, arguments_.json);
                        });
    add_id(mem);
    add_json(mem);

    CLI::App& logs =
        add(app, "logs", "Lists the cluster's logs, or prints one", kStatuses, [this](host::RealHost& host) {
          return show_logs(host, arguments_.run.cluster.directory, arguments_.id, arguments_.out, format());
        });
    logs.add_option("DAEMON", arguments_.id, "jobmanager, taskmanager-0, ...: prints its log")->type_name("");
    logs.add_flag("--out", arguments_.out, "prints what jobs printed there instead of its log");
    add_directory(logs, arguments_.run.cluster.directory);
    logs.add_flag("--json", arguments_.json, "prints the list as JSON")->excludes("DAEMON");
  }

 private:
  template <class Run>
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& about, const char* footer, Run run) {
    CLI::App& command = *parent.add_subcommand(name, about);
    command.footer(footer);
    command.callback([this, run] { action_ = run; });
    return command;
  }

  OutputFormat format() const { return arguments_.json ? OutputFormat::kJson : OutputFormat::kText; }
  const std::string& directory() const { return arguments_.start.job_manager.directory; }

  ExitStatus savepoint(host::RealHost& host, bool stop) {
    const std::string& given = arguments_.directory;
    const std::string place = given.empty() ? arguments_.run.cluster.directory + "/savepoints" : given;
    return make_savepoint(host, arguments_.run.cluster, arguments_.id, place, stop, format());
  }

  /// --from may stand right behind the job, too.
  void need_checkpoint() {
    std::vector<std::string>& words = arguments_.run.job;
    if (arguments_.from.empty() && words.size() > 2 && words[1] == "--from") {
      arguments_.from = words[2];
      words.erase(words.begin() + 1, words.begin() + 3);
    }
    if (arguments_.from.empty()) throw UsageError("--from is missing: name a checkpoint or savepoint");
  }

  void need_job() {
    if (!job_.empty()) arguments_.run.job = job_;
    if (arguments_.run.job.empty()) throw UsageError("JOB is missing: name the job's program");
  }

  void add_directory(CLI::App& command, std::string& directory) {
    command.add_option("--dir", directory, "the cluster's directory")
        ->type_name("DIR")
        ->envname("WEIR_CLUSTER_DIR")
        ->capture_default_str();
  }

  void add_json(CLI::App& command) { command.add_flag("--json", arguments_.json, "prints JSON"); }

  void add_id(CLI::App& command) {
    command.add_option("JOBID", arguments_.id, "as weir list shows it")->required()->type_name("");
    add_cluster_address(command);
  }

  void add_cluster_address(CLI::App& command) {
    command
        .add_option("-m,--jobmanager", arguments_.run.cluster.job_manager,
                    "where the cluster's page is, if not that of the directory")
        ->type_name("HOST:PORT");
    add_file(command, "--tls-ca", arguments_.run.cluster.tls_ca,
             "the page is https, with a certificate of this CA; without: as the directory says");
    add_directory(command, arguments_.run.cluster.directory);
  }

  /// What stands before the job's program, and what the job gets as it is.
  void add_plan_options(CLI::App& command) {
    command.add_option("-p,--parallelism", arguments_.run.parallelism, "of operators that do not say otherwise")
        ->type_name("N")
        ->check(CLI::Range(1, 32'768));
    command.add_option("-D", arguments_.run.options, "an option of the engine, as --weir.KEY=VALUE")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    command.prefix_command();
    command.parse_complete_callback([this, &command] { job_ = command.remaining(); });
  }

  static void add_heartbeats(CLI::App& command, std::uint32_t& interval, std::uint32_t& timeout) {
    constexpr int kDay = 86'400'000;
    command.add_option("--heartbeat-interval", interval, "between two signs of life")
        ->type_name("MS")
        ->check(CLI::Range(10, kDay))
        ->capture_default_str();
    command.add_option("--heartbeat-timeout", timeout, "without one after which a peer is lost")
        ->type_name("MS")
        ->check(CLI::Range(20, kDay))
        ->capture_default_str();
  }

  static void add_ready(CLI::App& command, std::optional<int>& descriptor) {
    command.add_option("--ready-fd", descriptor, "")->group("");  // for cluster start alone
  }

  void add_job_manager_options(CLI::App& command, JobManagerArguments& from) {
    add_directory(command, from.directory);
    command.add_option("-p,--port", from.port, "of the page and the REST routes; 0: any free one")
        ->type_name("PORT")
        ->capture_default_str();
    command.add_option("--control-port", from.control_port, "for TaskManagers; 0: any free one")
        ->type_name("PORT")
        ->capture_default_str();
    command.add_option("--bind", from.bind, "the address to listen at")->type_name("HOST")->capture_default_str();
    command.add_option("--parallelism", from.parallelism, "of jobs that do not say otherwise")
        ->type_name("N")
        ->check(CLI::Range(1, 32'768))
        ->capture_default_str();
    command
        .add_option("--restart-attempts", from.restart_attempts,
                    "how often in a row a job is started again whose process died")
        ->type_name("N")
        ->capture_default_str();
    command.add_option("--restart-delay", from.restart_delay_ms, "before that")->type_name("MS")->capture_default_str();
    add_heartbeats(command, from.heartbeat_ms, from.heartbeat_timeout_ms);
    add_internal_tls(command, from.tls.internal);
    add_file(command, "--tls-rest-certificate", from.tls.rest.certificate, "of the page: it is https");
    add_file(command, "--tls-rest-key", from.tls.rest.key, "its private key");
    add_file(command, "--tls-rest-ca", from.tls.rest.ca,
             "with which commands in this directory check it; without: the system's CAs");
  }

  static void add_file(CLI::App& command, const char* flag, std::string& file, const char* about) {
    command.add_option(flag, file, about)->type_name("FILE");
  }

  static void add_internal_tls(CLI::App& command, host::TlsFiles& from) {
    add_file(command, "--tls-internal-certificate", from.certificate, "shown to the cluster's other processes: TLS");
    add_file(command, "--tls-internal-key", from.key, "its private key");
    add_file(command, "--tls-internal-ca", from.ca, "who has signed the certificates of the cluster's processes");
  }

  VerbArguments& arguments_;
  Action& action_;
  std::vector<std::string> job_;
};

}  // namespace

void add_cluster_verbs(CLI::App& app, VerbArguments& arguments, Action& action) {
  // The app's callbacks keep it.
  const auto verbs = std::make_shared<Verbs>(arguments, action);
  verbs->add_cluster(app);
  verbs->add_daemons(app);
  verbs->add_jobs(app);
  app.final_callback([verbs] {});
}

}  // namespace weir::cluster
