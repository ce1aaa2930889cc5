"""What weir::run makes of a command line, of signals, and of where its output goes."""

import os
import re
import signal

from processes import Case, main, program

# Every option of the engine with its default; what depends on the machine is its number of cores.
CORES = str(len(os.sched_getaffinity(0)))
OPTIONS = {
    "parallelism": CORES, "workers": CORES, "batch-size": "1024", "channel-batches": "16", "unix-sockets": "true", "key-groups": "1024",
    "restart.strategy": "none", "restart.attempts": "3", "restart.delay": "1s", "restart.max-delay": "1m",
    "restart.multiplier": "2", "restart.reset-after": "1m", "drain": "false", "pre-aggregate": "true",
    "log.level": "info", "status": "auto", "status.interval": "1s", "page": None,
    "page-token-file": None, "checkpoint-dir": None,
    "checkpoint-interval": "10s", "checkpoint-min-pause": "0s", "checkpoint-timeout": "10m",
    "checkpoint-tolerated-failures": "any", "checkpoint-retained": "2", "checkpoint-keep-on-cancel": "true",
    "restore": "auto", "from": None, "claim-mode": "no-claim", "allow-non-restored-state": "false", "takeover": "false", "restart": "false", "accept-duplicates": "false", "job": None,
    "state-dir": None, "memory": None, "rocksdb.db.NAME": None, "rocksdb.cf.NAME": None, "rocksdb.table.NAME": None, "config": None,
}

LOG_LINE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z (DEBUG|INFO |WARN |ERROR) \S.*")


class Help(Case):
    def help(self, *arguments):
        ended = self.run_to_end(program("socket_window_word_count"), *arguments)
        self.assert_ended(ended, 0)
        self.assertEqual(ended.err, "")
        return ended.out

    def test_lists_every_option_of_the_engine_with_its_default(self):
        text = self.help("--help")
        described = {}
        for entry in re.split(r"\n  (?=--)", text):
            if match := re.match(r"--weir\.(\S+)", entry):
                # A description ends where the indentation does.
                body = " ".join(re.split(r"\n(?! {20})", entry)[0].split())
                default = re.search(r"\(default: (.*?)\)", body)
                described[match[1]] = default and default[1]
        self.assertEqual(described, OPTIONS)

    def test_lists_the_arguments_of_the_job(self):
        text = self.help("-h")
        for argument in ("--hostname TEXT", "--port NUMBER", "--demo", "--tumbling", "--drain", "--retries NUMBER",
                         "--max-line NUMBER"):
            self.assertIn(f"\n  {argument}", text)

    def test_is_shown_whatever_else_there_is(self):
        self.assertEqual(self.help("--port", "1", "--nonsense", "--help"), self.help("--help"))

    def test_fits_into_80_columns(self):
        self.assertLessEqual(max(len(line) for line in self.help("--help").splitlines()), 80)

    def test_documents_the_exit_statuses(self):
        text = self.help("--help")
        for status in ("0", "1", "2", "3", "129", "130", "143"):
            self.assertRegex(text.split("Exit status:")[1], rf"\b{status}\b")


class WrongUsage(Case):
    def message(self, *arguments, **options):
        ended = self.run_to_end(program("socket_window_word_count"), *arguments, **options)
        self.assert_ended(ended, 2)
        self.assertEqual(ended.out, "")
        self.assertIn("\nRun 'socket_window_word_count --help' for all arguments and options.\n", ended.err)
        return ended.err.splitlines()[0]

    def test_an_unknown_argument_names_the_nearest(self):
        message = self.message("--prt", "1")
        self.assertIn("--prt", message)
        self.assertRegex(message, r"did you mean --port\?")

    def test_an_unknown_option_of_the_engine_names_the_nearest(self):
        message = self.message("--port", "1", "--weir.paralelism", "2")
        self.assertIn("--weir.paralelism", message)
        self.assertRegex(message, r"did you mean --weir\.parallelism\?")

    def test_an_unknown_key_in_the_file_names_file_line_and_the_nearest(self):
        self.write("weir.yaml", b"workers: 1\nrestart:\n  atempts: 2\n")
        message = self.message("--port", "1")
        self.assertIn("weir.yaml:3", message)
        self.assertIn("restart.atempts", message)
        self.assertRegex(message, r"did you mean restart\.attempts\?")

    def test_an_unknown_variable_names_the_nearest(self):
        message = self.message("--port", "1", environment={"WEIR_WORKRES": "1"})
        self.assertIn("WEIR_WORKRES", message)
        self.assertRegex(message, r"did you mean WEIR_WORKERS\?")

    def test_a_value_that_is_none_says_where_it_stands_and_what_is_allowed(self):
        self.assertEqual(self.message("--port", "1", "--weir.workers", "many"),
                         "--weir.workers: 'many' is not a whole number from 1 to 1024")
        self.write("weir.yaml", b"# options\nstatus: loud\n")
        self.assertEqual(self.message("--port", "1"), "weir.yaml:2: status: 'loud' is not one of auto, on, off")
        os.remove(self.path("weir.yaml"))
        self.assertEqual(self.message("--port", "1", environment={"WEIR_DRAIN": "perhaps"}).split(" is not ")[0],
                         "WEIR_DRAIN: 'perhaps'")

    def test_a_file_that_is_not_there_is_named(self):
        self.assertIn("'none.yaml'", self.message("--port", "1", "--weir.config", "none.yaml"))

    def test_a_file_that_is_no_yaml_is_named_with_its_line(self):
        self.write("weir.yaml", b"workers: 1\n  nested: [\n")
        self.assertRegex(self.message("--port", "1"), r"weir\.yaml:[0-9]+")

    def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(self):
        os.mkfifo(self.path("weir.yaml"))
        self.assertIn("weir.yaml: it is a pipe", self.message("--port", "1"))

    def test_numbers_that_nothing_can_be_done_with_are_refused(self):
        self.assertIn("port 0", self.message("--port", "0"))
        self.assertIn("max-line", self.message("--port", "1", "--max-line", "0"))

    def test_an_option_that_rocksdb_does_not_know_is_named(self):
        ended = self.run_to_end(program("socket_window_word_count"), "--port", "1", "--weir.checkpoint-dir=checkpoints",
                                "--weir.rocksdb.db.no_such_option=1")
        self.assert_ended(ended, 2)
        self.assertIn("rocksdb.db.no_such_option", ended.err)

    def test_a_missing_argument_is_named(self):
        ended = self.run_to_end(program("event_time_word_count"), "--input", "x")
        self.assert_ended(ended, 2)
        self.assertIn("--output", ended.err.splitlines()[0])


class Checkpoints(Case):
    def test_what_keeps_state_must_have_a_name(self):
        ended = self.run_to_end(program("prefixed"), "--weir.checkpoint-dir", self.path("checkpoints"))
        self.assert_ended(ended, 2)
        self.assertEqual(ended.out, "")
        self.assertIn("checkpoints find state by names, and these have none yet:\n  the source 'Source: Values' "
                      "(number 1 of the graph): write .name(\"...\")", ended.err)
        self.assertFalse(os.path.exists(self.path("checkpoints")))

    def test_a_flag_that_means_nothing_without_a_directory_is_refused(self):
        ended = self.run_to_end(program("prefixed"), "--weir.takeover")
        self.assert_ended(ended, 2)
        self.assertEqual(ended.err.splitlines()[0], "--weir.takeover means nothing without a checkpoint directory: name "
                                                    "one with --weir.checkpoint-dir")

    def test_a_job_without_them_says_so_once(self):
        ended = self.run_to_end(program("prefixed"))
        self.assert_ended(ended, 0)
        self.assertEqual(ended.err.count("There are no checkpoints"), 1)

    def test_what_a_failure_loses_or_repeats_is_said_by_name(self):
        ended = self.run_to_end(program("socket_window_word_count"), "--port", "1", "--weir.checkpoint-dir",
                                self.path("checkpoints"))
        self.assert_ended(ended, 1)
        self.assertEqual(len(re.findall(r"WARN  'Source: Socket Stream' cannot be read again: .* \(at-most-once\)\n",
                                        ended.err)), 1)
        self.assertEqual(len(re.findall(r"WARN  'Sink: Print' shows results again .* \(at-least-once\)\n",
                                        ended.err)), 1)
        self.assertNotIn("There are no checkpoints", ended.err)

    def test_a_job_that_has_finished_says_so(self):
        self.write("in/a", b"1\tword\n2\tword\n")
        arguments = ("--input", self.path("in"), "--output", self.path("out"), "--late", self.path("late"),
                     "--weir.checkpoint-dir", self.path("checkpoints"))
        first = self.run_to_end(program("event_time_word_count"), *arguments)
        self.assert_ended(first, 0)
        self.assertIn("finished after 2 records", first.err)
        self.assertRegex(first.err, r", checkpoints [1-9]")
        again = self.run_to_end(program("event_time_word_count"), *arguments)
        self.assert_ended(again, 0)
        self.assertIn("the job has finished before", again.err)
        self.assertIn("finished after 0 records", again.err)


class Configuration(Case):
    def workers(self, *arguments, **options):
        ended = self.run_to_end(program("prefixed"), *arguments, **options)
        self.assert_ended(ended, 0)
        return int(re.search(r", workers ([0-9]+)\n", ended.err)[1])

    def test_flags_win_over_the_file_and_the_file_over_variables_and_these_over_defaults(self):
        self.assertEqual(self.workers(), int(CORES))
        variables = {"WEIR_WORKERS": "3"}
        self.assertEqual(self.workers(environment=variables), 3)
        self.write("weir.yaml", b"workers: 4\n")
        self.assertEqual(self.workers(environment=variables), 4)
        self.assertEqual(self.workers("--weir.workers", "5", environment=variables), 5)
        self.assertEqual(self.workers("--weir.workers=6", environment=variables), 6)

    def test_another_file_is_read_instead(self):
        self.write("weir.yaml", b"workers: 4\n")
        self.write("other.yaml", b"workers: 7\n")
        self.assertEqual(self.workers("--weir.config", "other.yaml"), 7)
        self.assertEqual(self.workers(environment={"WEIR_CONFIG": "other.yaml"}), 7)

    def test_what_is_overruled_is_checked_as_well(self):
        self.write("weir.yaml", b"workers: none\n")
        ended = self.run_to_end(program("prefixed"), "--weir.workers", "1")
        self.assert_ended(ended, 2)
        self.assertIn("weir.yaml:1", ended.err)


class Signals(Case):
    def running(self, **options):
        job = self.start(program("socket_window_word_count"), "--demo", "--weir.status", "off", **options)
        job.out.wait_for_lines(1)
        return job

    def test_a_signal_stops_the_job_and_is_its_exit_status(self):
        jobs = [(number, self.running()) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        for number, job in jobs:
            with self.subTest(signal=number.name):
                job.signal(number)
                self.assertEqual(job.wait(), 128 + number)
                said = job.err.data().decode()
                self.assertIn(f"{number.name}: stopping the job; once more ends it at once\n", said)
                self.assertRegex(said, rf"stopped by {number.name} after [0-9]+ records? in .*: out [0-9]+, late 0, malformed 0")

    def test_a_signal_stops_a_job_as_soon_as_it_has_said_anything(self):
        for _ in range(10):
            job = self.start(program("socket_window_word_count"), "--port", "1", "--retries", "1000000")
            job.err.wait_for(rb"Socket Window WordCount")
            job.interrupt()
            self.assertEqual(job.wait(), 130)
            self.assertIn("Socket Window WordCount stopped by SIGINT after 0 records", job.err.data().decode())

    def test_a_second_signal_ends_a_job_that_does_not_stop(self):
        for first, second in ((signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT)):
            with self.subTest(first=first.name, second=second.name):
                job = self.start(program("stuck"))
                job.err.wait_for(rb"stuck\n")
                job.signal(first)
                job.err.wait_for(rb"once more ends it at once\n")
                self.assertTrue(job.is_running())
                job.signal(second)
                self.assertEqual(job.wait(patience=10), 128 + second)


class Output(Case):
    def test_a_reader_that_goes_away_ends_the_job_with_a_clear_error(self):
        ended = self.run_to_end("bash", "-c", '"$0" --demo | head -n 1; exit "${PIPESTATUS[0]}"',
                                program("socket_window_word_count"))
        self.assert_ended(ended, 1)
        self.assertEqual(len(ended.out.splitlines()), 1)
        self.assertRegex(ended.err, r"ERROR Socket Window WordCount failed: Sink: Print.*: cannot write to the standard "
                                    r"output: Broken pipe \(its reader has ended\)")

    def test_results_go_to_standard_output_and_all_else_to_standard_error(self):
        ended = self.run_to_end(program("prefixed"))
        self.assert_ended(ended, 0)
        self.assertEqual(sorted(ended.out.splitlines()), [f"Word({word})" for word in "abcdefgh"])
        for line in ended.err.splitlines():
            self.assertRegex(line, LOG_LINE)

    def test_the_log_is_plain_lines_without_status_when_there_is_no_terminal(self):
        job = self.start(program("socket_window_word_count"), "--demo", "--weir.status.interval", "100ms")
        job.out.wait_for_lines(1)
        job.interrupt()
        self.assertEqual(job.wait(), 130)
        said = job.err.data().decode()
        self.assertNotIn("\x1b", said)
        self.assertNotIn("\r", said)
        for line in said.splitlines():
            self.assertRegex(line, LOG_LINE)

    def test_the_summary_counts_records(self):
        ended = self.run_to_end(program("prefixed"))
        self.assertRegex(ended.err, r"INFO  Prefixed finished after 8 records in [0-9.]+ s: out 8, late 0, malformed 0, "
                                    r"restarts 0\n$")

    def test_the_log_can_be_turned_off_but_for_errors(self):
        self.assertEqual(self.run_to_end(program("prefixed"), "--weir.log.level", "error").err, "")
        ended = self.run_to_end(program("socket_window_word_count"), "--port", "1", "--weir.log.level", "error")
        self.assert_ended(ended, 1)
        self.assertEqual(len(ended.err.splitlines()), 1)

    def test_a_full_device_is_an_error(self):
        ended = self.run_to_end("bash", "-c", '"$0" >/dev/full', program("prefixed"))
        self.assert_ended(ended, 1)
        self.assertIn("cannot write to the standard output: No space left on device", ended.err)

    def test_a_standard_error_that_nobody_reads_does_not_end_the_job(self):
        ended = self.run_to_end("bash", "-c", '"$0" 2>/dev/full', program("prefixed"))
        self.assert_ended(ended, 0)
        self.assertEqual(len(ended.out.splitlines()), 8)


class Terminal(Case):
    STATUS = rb"[0-9.]+ s \| in [0-9.]+ ?[kM]?/s \([0-9.]+ ?[kM]?\) \| out "

    def test_shows_a_status_line_below_the_results_and_takes_it_away_at_the_end(self):
        job = self.start(program("socket_window_word_count"), "--demo", "--weir.status.interval", "100ms", terminal=True)
        job.out.wait_for(self.STATUS)
        job.out.wait_for(rb"\r\x1b\[KWordWithCount\([a-z]+,[0-9]+\)\r?\n")
        job.interrupt()
        self.assertEqual(job.wait(), 130)
        text = job.out.data()
        # Whoever looks at the screen in the end sees lines that are nothing but log lines or results.
        *lines, rest = [line.split(b"\r\x1b[K")[-1].rstrip(b"\r").decode() for line in text.split(b"\n")]
        for visible in lines:
            self.assertTrue(LOG_LINE.fullmatch(visible) or re.fullmatch(r"WordWithCount\([a-z]+,[0-9]+\)", visible), visible)
        self.assertEqual(rest, "", "nothing stands where the prompt begins")

    def test_shows_none_when_it_is_turned_off(self):
        job = self.start(program("socket_window_word_count"), "--demo", "--weir.status.interval", "100ms",
                         "--weir.status", "off", terminal=True)
        job.out.wait_for(rb"WordWithCount")
        job.interrupt()
        self.assertEqual(job.wait(), 130)
        self.assertNotIn(b"\x1b", job.out.data())


if __name__ == "__main__":
    main()
