#include "weir/stream/configuration.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/stream/command_line.h"
#include "weir/stream/help_text.h"

#include "error_text.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

/// The sources of a configuration, and what is read from them on a machine with two cores.
struct Sources {
  std::vector<std::string> words;
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> variables;

  Configuration load() const {
    return detail::load_configuration({detail::split_command_line(words).engine_flags, variables,
                                       [this](const std::string& path) {
                                         const auto file = files.find(path);
                                         return file == files.end() ? std::nullopt : std::optional(file->second);
                                       }},
                                      Configuration::for_cores(2));
  }
};

std::string flags_error(std::vector<std::string> words) {
  return usage_error([&] { Sources{words, {}, {}}.load(); });
}

std::string yaml_error(const std::string& text) {
  return usage_error([&] { Sources{{}, {{"weir.yaml", text}}, {}}.load(); });
}

std::string variable_error(const std::string& name, const std::string& value) {
  return usage_error([&] { Sources{{}, {}, {{name, value}}}.load(); });
}

TEST(Configuration, HasDefaultsForTheMachineItRunsOn) {
  const Configuration read = Sources{}.load();
  EXPECT_EQ(read.parallelism, 2U);
  EXPECT_EQ(read.workers, 2U);
  EXPECT_EQ(read.batch_size, 1024U);
  EXPECT_EQ(read.channel_batches, 16U);
  EXPECT_EQ(read.key_groups, 1024U);
  EXPECT_EQ(read.restart.kind, runtime::RestartStrategy::Kind::kNone);
  EXPECT_FALSE(read.drain);
  EXPECT_TRUE(read.pre_aggregate);
  EXPECT_EQ(read.status, Configuration::Status::kAuto);
  EXPECT_EQ(read.status_interval, 1s);
  EXPECT_EQ(read.log_detail, Configuration::LogDetail::kInfo);
}

TEST(Configuration, ReadsEveryOptionFromFlags) {
  const Configuration read = Sources{
      {"--weir.parallelism",
       "3",
       "--weir.workers=4",
       "--weir.batch-size",
       "5",
       "--weir.channel-batches",
       "6",
       "--weir.key-groups",
       "7",
       "--weir.restart.strategy",
       "exponential-delay",
       "--weir.restart.attempts",
       "8",
       "--weir.restart.delay",
       "9s",
       "--weir.restart.max-delay",
       "10m",
       "--weir.restart.multiplier",
       "1.5",
       "--weir.restart.reset-after",
       "11s",
       "--weir.drain",
       "--weir.log.level",
       "debug",
       "--weir.status",
       "off",
       "--weir.status.interval",
       "200ms",
       "--weir.pre-aggregate=false",
       "--weir.config",
       "my.yaml"},
      {{"my.yaml", ""}},
      {}}.load();
  EXPECT_EQ(read.parallelism, 3U);
  EXPECT_EQ(read.workers, 4U);
  EXPECT_EQ(read.batch_size, 5U);
  EXPECT_EQ(read.channel_batches, 6U);
  EXPECT_EQ(read.key_groups, 7U);
  EXPECT_EQ(read.restart.kind, runtime::RestartStrategy::Kind::kExponentialDelay);
  EXPECT_EQ(read.restart.attempts, 8U);
  EXPECT_EQ(read.restart.delay, 9s);
  EXPECT_EQ(read.restart.max_delay, 10min);
  EXPECT_EQ(read.restart.multiplier, 1.5);
  EXPECT_EQ(read.restart.reset_after, 11s);
  EXPECT_TRUE(read.drain);
  EXPECT_EQ(read.log_detail, Configuration::LogDetail::kDebug);
  EXPECT_EQ(read.status, Configuration::Status::kOff);
  EXPECT_EQ(read.status_interval, 200ms);
  EXPECT_FALSE(read.pre_aggregate);
}

TEST(Configuration, TakesWhatAnOptionShowsForItsValue) {
  const Configuration defaults = Configuration::for_cores(2);
  for (const auto& option : detail::configuration_options()) {
    if (option.show(defaults).empty()) continue;
    Configuration copy;
    EXPECT_EQ(option.set(copy, option.show(defaults), ""), detail::Taken::kYes) << option.key;
    EXPECT_EQ(option.show(copy), option.show(defaults)) << option.key;
  }
}

TEST(Configuration, ReadsNestedAndDottedKeysFromAFile) {
  const std::string text =
      "parallelism: 3\n"
      "restart:\n"
      "  strategy: fixed-delay\n"
      "  max-delay: 10s\n"
      "restart.attempts: 7\n"
      "status: on\n"
      "status.interval: 500ms\n"
      "drain: true\n";
  const Configuration read = Sources{{}, {{"weir.yaml", text}}, {}}.load();
  EXPECT_EQ(read.parallelism, 3U);
  EXPECT_EQ(read.restart.kind, runtime::RestartStrategy::Kind::kFixedDelay);
  EXPECT_EQ(read.restart.max_delay, 10s);
  EXPECT_EQ(read.restart.attempts, 7U);
  EXPECT_EQ(read.status, Configuration::Status::kOn);
  EXPECT_EQ(read.status_interval, 500ms);
  EXPECT_TRUE(read.drain);
}

TEST(Configuration, ReadsVariables) {
  const std::map<std::string, std::string> variables{
      {"WEIR_RESTART_MAX_DELAY", "10s"}, {"WEIR_PARALLELISM", "5"}, {"WEIR_CRASH_AT", "x"}, {"WEIR_STOP_AT", "x"}};
  const Configuration read = Sources{{}, {}, variables}.load();
  EXPECT_EQ(read.restart.max_delay, 10s);
  EXPECT_EQ(read.parallelism, 5U);
}

TEST(Configuration, PrefersFlagsToTheFileAndTheFileToVariables) {
  const Configuration read = Sources{{"--weir.parallelism=1"},
                                     {{"weir.yaml", "parallelism: 2\nworkers: 2"}},
                                     {{"WEIR_PARALLELISM", "3"}, {"WEIR_WORKERS", "3"}, {"WEIR_BATCH_SIZE", "3"}}}
                                 .load();
  EXPECT_EQ(read.parallelism, 1U);
  EXPECT_EQ(read.workers, 2U);
  EXPECT_EQ(read.batch_size, 3U);
}

TEST(Configuration, ReadsTheFileThatAFlagOrAVariableNames) {
  const std::map<std::string, std::string> files{
      {"weir.yaml", "workers: 1"}, {"a.yaml", "workers: 2"}, {"b.yaml", "workers: 3"}};
  EXPECT_EQ((Sources{{}, files, {}}.load().workers), 1U);
  EXPECT_EQ((Sources{{}, files, {{"WEIR_CONFIG", "a.yaml"}}}.load().workers), 2U);
  EXPECT_EQ((Sources{{"--weir.config", "b.yaml"}, files, {{"WEIR_CONFIG", "a.yaml"}}}.load().workers), 3U);
  EXPECT_EQ(flags_error({"--weir.config", "c.yaml"}),
            "there is no file 'c.yaml': --weir.config and WEIR_CONFIG name one that exists");
}

TEST(Configuration, RefusesWrongFlags) {
  EXPECT_EQ(flags_error({"--weir.paralelism", "3"}),
            "unknown option --weir.paralelism; did you mean --weir.parallelism?");
  EXPECT_EQ(flags_error({"--weir.zzzzzz"}), "unknown option --weir.zzzzzz");
  EXPECT_EQ(flags_error({"--weir.batch-size", "0"}), "--weir.batch-size: '0' is not a whole number from 1 to 65536");
  EXPECT_EQ(flags_error({"--weir.workers"}), "--weir.workers has no value: it needs a whole number from 1 to 1024");
  EXPECT_EQ(flags_error({"--weir.drain", "maybe"}), "--weir.drain: 'maybe' is not true or false");
  EXPECT_EQ(flags_error({"--weir.drain", "--weir.drain=true"}), "--weir.drain is given twice: leave one out");
  EXPECT_EQ(flags_error({"--weir.status", "true"}), "--weir.status: 'true' is not one of auto, on, off");
  EXPECT_EQ(flags_error({"--weir.restart.multiplier=0.5"}),
            "--weir.restart.multiplier: '0.5' is not a number from 1 to 100");
  EXPECT_EQ(
      flags_error({"--weir.status.interval=1ms"}),
      "--weir.status.interval: 1ms is out of range: it must be a duration from 100ms to 1h, such as 200ms, 10s, 2m "
      "or 1h");
  EXPECT_EQ(flags_error({"--weir.status.interval=99999999999999h"}),
            "--weir.status.interval: 99999999999999h is out of range: it must be a duration from 100ms to 1h, such as "
            "200ms, 10s, 2m or 1h");
  EXPECT_EQ(flags_error({"--weir.status.interval=soon"}),
            "--weir.status.interval: 'soon' is not a duration from 100ms to 1h, such as 200ms, 10s, 2m or 1h");
  EXPECT_EQ(flags_error({"--weir.config="}), "--weir.config: '' is not the path of a file");
}

TEST(Configuration, RefusesAWrongFileWithTheLine) {
  EXPECT_EQ(yaml_error("workers: 2\nparalelism: 3\n"),
            "weir.yaml:2: unknown key 'paralelism'; did you mean parallelism?");
  EXPECT_EQ(yaml_error("restart:\n  atempts: 3\n"),
            "weir.yaml:2: unknown key 'restart.atempts'; did you mean restart.attempts?");
  EXPECT_EQ(yaml_error("restrat:\n  attempts: 3\n"),
            "weir.yaml:1: unknown group of keys 'restrat'; did you mean restart?");
  EXPECT_EQ(yaml_error("\n\nbatch-size: many\n"),
            "weir.yaml:3: batch-size: 'many' is not a whole number from 1 to 65536");
  EXPECT_EQ(yaml_error("workers: 2\nworkers: 3\n"), "weir.yaml:2: 'workers' stands in line 1 already: leave one out");
  EXPECT_EQ(yaml_error("restart:\n  delay: 1s\nrestart.delay: 2s\n"),
            "weir.yaml:3: 'restart.delay' stands in line 2 already: leave one out");
  EXPECT_EQ(yaml_error("workers:\n"), "weir.yaml:1: 'workers' has no value: it needs a whole number from 1 to 1024");
  EXPECT_EQ(yaml_error("workers: [1, 2]\n"),
            "weir.yaml:1: 'workers' has a list as its value: it needs a whole number from 1 to 1024");
  EXPECT_EQ(yaml_error("config: other.yaml\n"),
            "weir.yaml:1: 'config' cannot stand in a file: use the flag --weir.config or the variable WEIR_CONFIG");
  EXPECT_EQ(yaml_error("- workers\n"), "weir.yaml:1: expected lines of the form 'key: value'");
  EXPECT_EQ(yaml_error("? [a, b]\n: 3\n"), "weir.yaml:1: a key must be a plain word");
  EXPECT_EQ(yaml_error("workers: 1\n---\nworkers: 2\n"), "weir.yaml:3: a second document: options stand in one");
  EXPECT_EQ(yaml_error("workers: 1\nrestart: {delay: 1s\n"), "weir.yaml:3: end of map flow not found");
  EXPECT_EQ(yaml_error("restart: &a\n  restart: *a\n"), "weir.yaml:2: unknown group of keys 'restart.restart'");
}

TEST(Configuration, RefusesWrongVariables) {
  EXPECT_EQ(variable_error("WEIR_PARALELISM", "3"),
            "unknown environment variable WEIR_PARALELISM; did you mean WEIR_PARALLELISM?");
  EXPECT_EQ(variable_error("WEIR_LOG_LEVEL", "loud"),
            "WEIR_LOG_LEVEL: 'loud' is not one of debug, info, warning, error, off");
}

TEST(Configuration, ChecksAlsoWhatIsOverruled) {
  EXPECT_EQ(usage_error([] { Sources{{"--weir.workers=1"}, {{"weir.yaml", "workers: x"}}, {}}.load(); }),
            "weir.yaml:1: workers: 'x' is not a whole number from 1 to 1024");
}

TEST(Configuration, BecomesTheOptionsOfAJob) {
  const Configuration read = Sources{
      {"--weir.parallelism=3", "--weir.workers=4", "--weir.batch-size=5", "--weir.channel-batches=6",
       "--weir.key-groups=7", "--weir.drain", "--weir.restart.strategy=fixed-delay", "--weir.restart.delay=8s"},
      {},
      {}}.load();
  std::string logged;
  const runtime::JobOptions options =
      read.to_job_options("count", [&](runtime::LogLevel, const std::string& text) { logged = text; });
  EXPECT_EQ(options.name, "count");
  EXPECT_EQ(options.parallelism, 3U);
  EXPECT_EQ(options.workers, 4U);
  EXPECT_EQ(options.batch_size, 5U);
  EXPECT_EQ(options.channel_batches, 6U);
  EXPECT_EQ(options.key_groups, 7U);
  EXPECT_TRUE(options.drain);
  EXPECT_EQ(options.restart.kind, runtime::RestartStrategy::Kind::kFixedDelay);
  EXPECT_EQ(options.restart.delay, 8s);
  options.log(runtime::LogLevel::kInfo, "told");
  EXPECT_EQ(logged, "told");
}

TEST(Configuration, TakesNoCheckpointsUnlessADirectoryIsNamed) {
  const auto log = [](runtime::LogLevel, const std::string&) {};
  const Configuration without = Sources{}.load();
  EXPECT_FALSE(without.takes_checkpoints());
  EXPECT_FALSE(without.to_job_options("count", log).checkpoints);

  const Configuration with = Sources{{"--weir.checkpoint-dir", "/checkpoints"}, {}, {}}.load();
  EXPECT_TRUE(with.takes_checkpoints());
  const auto options = with.to_job_options("count", log);
  ASSERT_TRUE(options.checkpoints);
  EXPECT_EQ(options.checkpoints->directory, "/checkpoints");
  EXPECT_EQ(options.checkpoints->job, "count") << "the job's name is its identity";
  EXPECT_EQ(options.checkpoints->interval, 10s);
  EXPECT_EQ(options.checkpoints->retained, 2U);
  EXPECT_EQ(options.checkpoints->tolerated_failures, std::nullopt);
  EXPECT_TRUE(options.checkpoints->keep_on_cancel);
  EXPECT_EQ(options.checkpoints->restore, checkpoint::RestoreMode::kAuto);
  EXPECT_TRUE(options.cold_stores);
  EXPECT_EQ(options.state_directory, "");
}

TEST(Configuration, ReadsEveryOptionOfCheckpoints) {
  const auto options =
      Sources{{"--weir.checkpoint-dir=/checkpoints", "--weir.checkpoint-interval=1s", "--weir.checkpoint-min-pause=2s",
               "--weir.checkpoint-timeout=3s", "--weir.checkpoint-tolerated-failures=4", "--weir.checkpoint-retained=5",
               "--weir.checkpoint-keep-on-cancel=false", "--weir.restore=none", "--weir.takeover", "--weir.restart",
               "--weir.accept-duplicates", "--weir.job=words", "--weir.state-dir=/state",
               "--weir.from=/save/savepoint-1", "--weir.allow-non-restored-state"},
              {},
              {}}
          .load()
          .to_job_options("count", [](runtime::LogLevel, const std::string&) {});
  ASSERT_TRUE(options.checkpoints);
  const checkpoint::Options& read = *options.checkpoints;
  EXPECT_EQ(read.interval, 1s);
  EXPECT_EQ(read.minimum_pause, 2s);
  EXPECT_EQ(read.timeout, 3s);
  EXPECT_EQ(read.tolerated_failures, 4U);
  EXPECT_EQ(read.retained, 5U);
  EXPECT_FALSE(read.keep_on_cancel);
  EXPECT_EQ(read.restore, checkpoint::RestoreMode::kNone);
  EXPECT_TRUE(read.takeover);
  EXPECT_TRUE(read.restart_finished);
  EXPECT_TRUE(read.accept_duplicates);
  EXPECT_EQ(read.job, "words");
  EXPECT_EQ(options.state_directory, "/state");
  EXPECT_EQ(read.from, "/save/savepoint-1");
  EXPECT_TRUE(options.allow_non_restored_state);
}

TEST(Configuration, ToleratesAnyNumberOfFailedCheckpointsAgainWhenToldSo) {
  const Configuration read = Sources{
      {"--weir.checkpoint-dir=/c", "--weir.checkpoint-tolerated-failures=any"},
      {{"weir.yaml", "checkpoint-tolerated-failures: 3"}},
      {}}.load();
  EXPECT_EQ(read.checkpoints.tolerated_failures, std::nullopt);
  EXPECT_EQ(flags_error({"--weir.checkpoint-tolerated-failures=some"}),
            "--weir.checkpoint-tolerated-failures: 'some' is not a whole number from 0 to 1000000, or any");
}

TEST(Configuration, HandsRocksDbItsOwnOptionsFromEverySource) {
  const std::string text =
      "rocksdb:\n"
      "  db:\n"
      "    max_open_files: 100\n"
      "    max_background_jobs: 1\n"
      "rocksdb.cf.compression: kNoCompression\n";
  const state::RocksDbOptions read =
      Sources{{"--weir.rocksdb.table.block_size=4096", "--weir.rocksdb.db.max_background_jobs", "2"},
              {{"weir.yaml", text}},
              {{"WEIR_ROCKSDB_DB_MAX_OPEN_FILES", "7"}, {"WEIR_ROCKSDB_CF_NUM_LEVELS", "3"}}}
          .load()
          .rocksdb;
  using Map = std::map<std::string, std::string>;
  EXPECT_EQ(read.db, (Map{{"max_open_files", "100"}, {"max_background_jobs", "2"}}));
  EXPECT_EQ(read.column_family, (Map{{"compression", "kNoCompression"}, {"num_levels", "3"}}));
  EXPECT_EQ(read.table, (Map{{"block_size", "4096"}}));
}

TEST(Configuration, RefusesKeysOfRocksDbThatAreNone) {
  EXPECT_EQ(flags_error({"--weir.rocksdb.db"}),
            "unknown option --weir.rocksdb.db; did you mean --weir.rocksdb.db.NAME?");
  EXPECT_EQ(flags_error({"--weir.rocksdb.table.a.b=1"}),
            "unknown option --weir.rocksdb.table.a.b; did you mean --weir.rocksdb.table.NAME?");
  EXPECT_EQ(flags_error({"--weir.rocksdb.db.x"}),
            "--weir.rocksdb.db.x has no value: it needs a value as RocksDB's option strings have it");
  EXPECT_EQ(yaml_error("rocksdb:\n  dbs:\n    x: 1\n"),
            "weir.yaml:2: unknown group of keys 'rocksdb.dbs'; did you mean rocksdb.db?");
  EXPECT_EQ(variable_error("WEIR_ROCKSDB_X", "1").find("unknown environment variable WEIR_ROCKSDB_X"), 0U);
}

TEST(Configuration, RefusesWhatMeansNothingWithoutACheckpointDirectory) {
  for (const std::string flag : {"takeover", "restart", "accept-duplicates", "restore=none", "job=a", "state-dir=/b",
                                 "memory=1GB", "allow-non-restored-state"}) {
    const std::string name = flag.substr(0, flag.find('='));
    EXPECT_EQ(flags_error({"--weir." + flag}), "--weir." + name +
                                                   " means nothing without a checkpoint directory: name one with "
                                                   "--weir.checkpoint-dir");
    EXPECT_EQ(flags_error({"--weir." + flag, "--weir.checkpoint-dir=/c"}), "");
  }
  EXPECT_EQ(flags_error({"--weir.claim-mode=claim", "--weir.checkpoint-dir=/c"}),
            "--weir.claim-mode means nothing without a savepoint: name it with --weir.from");
  EXPECT_EQ(flags_error({"--weir.claim-mode=claim", "--weir.checkpoint-dir=/c", "--weir.from=/s"}), "");
  EXPECT_EQ(flags_error({"--weir.from=/s", "--weir.memory=1GB", "--weir.allow-non-restored-state"}), "");
  EXPECT_EQ(flags_error({"--weir.from=/s", "--weir.claim-mode=claim"}).find("--weir.claim-mode means nothing"), 0U)
      << "what would be left, when the job's own checkpoints are gone?";
  EXPECT_EQ(flags_error({"--weir.checkpoint-dir="}), "--weir.checkpoint-dir: '' is not the path of a directory");
}

TEST(Configuration, KeepsWhatIsAboutOneRunOutOfFiles) {
  EXPECT_EQ(
      yaml_error("takeover: true\n"),
      "weir.yaml:1: 'takeover' cannot stand in a file: use the flag --weir.takeover or the variable WEIR_TAKEOVER");
  EXPECT_NE(yaml_error("restart: true\n"), "");
  EXPECT_NE(yaml_error("accept-duplicates: true\n"), "");
}

TEST(CommandLine, SortsWordsByWhomTheyAreFor) {
  const auto line = detail::split_command_line({"--port", "9", "--weir.drain", "--weir.workers", "2", "--tumbling",
                                                "--weir.batch-size=3", "--word", "-h", "stray"});
  EXPECT_EQ(line.job_words, (std::vector<std::string>{"--port", "9", "--tumbling", "--word", "-h", "stray"}));
  ASSERT_EQ(line.engine_flags.size(), 3U);
  EXPECT_EQ(line.engine_flags[0].key, "drain");
  EXPECT_EQ(line.engine_flags[0].value, std::nullopt);
  EXPECT_EQ(line.engine_flags[1].key, "workers");
  EXPECT_EQ(line.engine_flags[1].value, "2");
  EXPECT_EQ(line.engine_flags[2].key, "batch-size");
  EXPECT_EQ(line.engine_flags[2].value, "3");
  EXPECT_FALSE(line.help);
  EXPECT_TRUE(detail::split_command_line({"--port", "--help"}).help);
  EXPECT_TRUE(detail::split_command_line({"--port", "9", "-h"}).help);
}

TEST(HelpText, ListsArgumentsAndOptionsIn80Columns) {
  Arguments arguments = Arguments::for_help();
  arguments.required<std::uint16_t>("port", "the port of the text server");
  arguments.get<std::string>("hostname", "localhost", "where the text server runs");
  arguments.flag("tumbling", "windows of 5 seconds that do not overlap");
  const std::string text =
      detail::help_text("word_count", "Word Count", arguments.known(), Configuration::for_cores(2));
  EXPECT_NE(text.find("Word Count\n\nUsage: word_count --port NUMBER [arguments] [--weir.<option> value]...\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  --port NUMBER               the port of the text server (required)\n"
                      "  --hostname TEXT             where the text server runs (default: localhost)\n"
                      "  --tumbling                  windows of 5 seconds that do not overlap\n"),
            std::string::npos)
      << text;
  for (const auto& option : detail::configuration_options())
    EXPECT_NE(text.find("--weir." + option.key + " "), std::string::npos) << option.key;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

}  // namespace
}  // namespace weir
