"""Input and surroundings that are not as they should be: what the job says, how it ends, and that nothing is lost silently."""

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import word_count as reference
from processes import Case, Ended, main, program

GOOD = b"1000\tgood\n2000\tgood\n"


class BadCase(Case):
    def count(self, *arguments, **options):
        return self.run_to_end(program("event_time_word_count"), "--input", "in", "--output", "out", "--late", "late",
                               *arguments, **options)

    def assert_failed(self, ended, *parts):
        """The job failed with one error, which holds all parts, and showed no output."""
        self.assert_ended(ended, 1)
        self.assertEqual(ended.out, "")
        errors = [line for line in ended.err.splitlines() if " ERROR " in line]
        self.assertEqual(len(errors), 1, ended.err)
        for part in parts:
            self.assertIn(part, errors[0])
        self.assertRegex(ended.err, r"INFO  Event Time WordCount failed after [0-9]+ records? in ")
        for folder in ("out", "late"):
            self.assertEqual(self.visible(folder), [])

    def visible(self, folder):
        path = self.path(folder)
        return sorted(name for name in os.listdir(path) if not name.startswith(".")) if os.path.exists(path) else []

    def lines(self, name):
        return Counter(line for file in reference.files_under(self.path(name)) for line in reference.lines_of(file))

    def snapshot(self, folder):
        """What is in a folder, and when it changed."""
        found = {}
        for place, folders, files in os.walk(self.path(folder)):
            for name in [*folders, *files]:
                path = os.path.join(place, name)
                found[path] = os.lstat(path).st_mtime_ns
        return found


class Input(BadCase):
    def test_a_directory_that_is_not_there_is_named(self):
        self.assert_failed(self.count(), "the input directory 'in' does not exist")

    def test_a_file_in_place_of_the_directory_is_named(self):
        self.write("in", GOOD)
        self.assert_failed(self.count(), "the input directory 'in' is a file: name the directory that it is in")

    def test_a_link_to_nothing_is_not_passed_over(self):
        self.write("in/good", GOOD)
        os.symlink("/nowhere", self.path("in/gone"))
        self.assert_failed(self.count(), "'in/gone' cannot be read as a file")

    def test_a_pipe_is_not_passed_over(self):
        self.write("in/good", GOOD)
        os.mkfifo(self.path("in/pipe"))
        self.assert_failed(self.count(), "'in/pipe' cannot be read as a file")

    def test_a_file_that_cannot_be_read_is_named_and_so_is_the_source(self):
        # Reading the first bytes of a process' memory is an I/O error for everybody, root too.
        self.write("in/good", GOOD)
        os.symlink("/proc/self/mem", self.path("in/broken"))
        self.assert_failed(self.count(), "at 'Source: Lines': cannot read in/broken: Input/output error")

    def test_a_file_that_vanishes_after_it_was_found_is_named(self):
        # 64 files are open at a time: the last one has to wait until others have been read. They are all the same one.
        self.write("large", b"1000\tsome word or other\n" * 50_000)
        os.mkdir(self.path("in"))
        for n in range(64):
            os.symlink(self.path("large"), self.path(f"in/a{n:02}"))
        self.write("in/z", GOOD)
        job = self.start(program("event_time_word_count"), "--input", "in", "--output", "out", "--late", "late",
                         "--weir.parallelism", "1", "--weir.status", "on", "--weir.status.interval", "100ms")
        job.err.wait_for(rb"\| in [0-9.]*[1-9]")
        os.remove(self.path("in/z"))
        status = job.wait()
        self.assert_failed(Ended(status, b"", job.err.data()),
                           "at 'Source: Lines': cannot open in/z: No such file or directory")

    def test_many_files_are_all_read(self):
        for n in range(300):
            self.write(f"in/{n}", GOOD)
        ended = self.run_to_end("bash", "-c", 'ulimit -n 256; exec "$0" --input in --output out --late late',
                                program("event_time_word_count"))
        self.assert_ended(ended, 0)
        self.assertEqual(self.lines("out"), {b"0\t10000\tgood\t600": 1})

    def test_a_line_above_the_limit_is_named_by_file_number_and_length(self):
        self.write("in/long", GOOD + b"3000\t" + b"x" * 1024 * 1024 + b"\n")
        self.assert_failed(self.count(), "file 'in/long': line 3, which begins at byte 20, has 1048581 bytes so far, "
                                         "above the limit of 1048576")


class Malformed(BadCase):
    BAD = [(b"no tab", "expected timestamp_ms<TAB>word"), (b"", "expected timestamp_ms<TAB>word"),
           (b"12x\tw", "the timestamp is not a number"), (b"\tw", "the timestamp is not a number"),
           (b"1.5\tw", "the timestamp is not a number"), (b" 1\tw", "the timestamp is not a number"),
           (b"250000000000001\tw", "timestamp out of range (+-250000000000000 ms)"),
           (b"-250000000000001\tw", "timestamp out of range (+-250000000000000 ms)"),
           (b"99999999999999999999\tw", "timestamp out of range (+-250000000000000 ms)")]

    def test_a_malformed_line_fails_the_job_with_file_number_reason_and_content(self):
        for line, reason in self.BAD:
            with self.subTest(line=line):
                self.write("in/a", GOOD + line + b"\n" + GOOD)
                folder = self.enterContext(tempfile.TemporaryDirectory(dir=self.folder))
                ended = self.run_to_end(program("event_time_word_count"), "--input", "in", "--output", f"{folder}/out",
                                        "--late", f"{folder}/late")
                self.assert_failed(ended, f"at 'Parse': in/a:3: malformed line: {reason}: '{line.decode()}'")

    def test_control_characters_of_a_line_are_shown_and_not_printed(self):
        self.write("in/a", b"\x1b[2J\rforged\n")
        self.assert_failed(self.count(), r"expected timestamp_ms<TAB>word: '\x1b[2J\rforged'")

    def test_a_long_line_is_shown_in_part(self):
        self.write("in/a", b"x" * 5000 + b"\n")
        self.assert_failed(self.count(), "in/a:1: malformed line: expected timestamp_ms<TAB>word: '" + "x" * 200 + "...'")

    def test_skipped_lines_are_counted_in_the_summary(self):
        bad = b"".join(line + b"\n" for line, _ in self.BAD)
        self.write("in/a", GOOD + bad)
        self.write("in/b", bad + GOOD)
        ended = self.count("--malformed", "skip")
        self.assert_ended(ended, 0)
        self.assertIn(f"finished after {2 * (2 + len(self.BAD))} records in ", ended.err)
        self.assertIn(f": out 1, late 0, malformed {2 * len(self.BAD)}, restarts 0", ended.err)
        self.assertEqual(self.lines("out"), {b"0\t10000\tgood\t4": 1})

    def test_dead_letters_hold_every_malformed_line_with_its_place_and_reason(self):
        bad = b"".join(line + b"\n" for line, _ in self.BAD)
        self.write("in/a", GOOD + bad)
        ended = self.count("--malformed", "dead", "--weir.parallelism", "2")
        self.assert_ended(ended, 0)
        self.assertIn(f"malformed {len(self.BAD)}, ", ended.err)
        expected, offset = Counter(), len(GOOD)
        for number, (line, reason) in enumerate(self.BAD, 3):
            expected[b"in/a\t%d\t%d\t%s\t%s" % (number, offset, reason.encode(), line)] += 1
            offset += len(line) + 1
        self.assertEqual(self.lines("dead"), expected)
        self.assertEqual(self.lines("out"), {b"0\t10000\tgood\t2": 1})

    def test_every_line_of_random_input_is_counted_late_or_a_dead_letter(self):
        reference.main(["generate", "--seed", "7", "--dir", self.path("in"), "--records", "3000", "--malformed", "0.1",
                        "--late", "0.1", "--odd-words"])
        ended = self.count("--malformed", "dead", "--window", "tumbling:5s", "--weir.parallelism", "2")
        self.assert_ended(ended, 0)
        # Text is the last field of a dead letter, as it was.
        letters = [line.split(b"\t", 4)[4] for line in self.lines("dead").elements()]
        self.write("letters", b"".join(line + b"\n" for line in letters))
        checked = reference.Check(reference.flags.windows("tumbling:5s"))
        checked.run(self.path("in"), self.path("out"), self.path("late"), self.path("letters"))
        self.assertEqual(checked.differences, [])
        self.assertGreater(len(letters), 100)
        self.assertIn(f"malformed {len(letters)}, ", ended.err)

    def test_a_policy_directory_that_is_not_empty_is_refused(self):
        self.write("in/a", GOOD)
        self.write("dead/mine", b"x")
        self.assert_failed(self.count("--malformed", "dead"), "the dead letter directory 'dead' is not empty")

    def test_a_window_that_is_none_is_wrong_usage(self):
        self.write("in/a", GOOD)
        for window in ("tumbling", "tumbling:0s:1s", "hopping:5s", "sliding:5s", "tumbling:-5x"):
            with self.subTest(window=window):
                ended = self.count(f"--window={window}")
                self.assert_ended(ended, 2)
                self.assertIn(f"--window: '{window}' is not a window; write tumbling:10s or sliding:10s:2s", ended.err)


class Output(BadCase):
    def test_a_directory_that_is_not_empty_is_named_and_left_as_it_is(self):
        self.write("in/a", GOOD)
        self.write("out/mine", b"mine\n")
        self.write("out/part-1-1", b"of an earlier run\n")
        before = self.snapshot("out")
        ended = self.count()
        self.assert_ended(ended, 1)
        self.assertIn("the output directory 'out' is not empty: it holds 'mine' and 1 more", ended.err)
        self.assertEqual(self.snapshot("out"), before)
        with open(self.path("out/part-1-1"), "rb") as file:
            self.assertEqual(file.read(), b"of an earlier run\n")

    def test_a_second_run_does_not_touch_the_output_of_the_first(self):
        self.write("in/a", GOOD)
        self.assert_ended(self.count(), 0)
        before = self.snapshot("out")
        ended = self.count()
        self.assert_ended(ended, 1)
        self.assertIn("the output directory 'out' is not empty: it holds 'part-", ended.err)
        self.assertEqual(self.snapshot("out"), before)

    def test_a_failed_run_leaves_nothing_in_the_way_of_the_next(self):
        self.write("in/a", b"nonsense\n")
        self.assert_ended(self.count(), 1)
        self.write("in/a", GOOD)
        self.assert_ended(self.count(), 0)
        self.assertEqual(self.lines("out"), Counter({b"0\t10000\tgood\t2": 1}))

    def test_a_run_into_what_is_not_its_own_cleans_up_its_own_only(self):
        self.write("in/a", GOOD)
        self.write("late/.weir/0123456789abcdef-1-1", b"staged by somebody else\n")
        before = self.snapshot("late")
        ended = self.count()
        self.assert_ended(ended, 1)
        self.assertIn("'late' is not empty: it holds '.weir' (output of a run that did not end, or still runs)", ended.err)
        self.assertEqual(self.snapshot("late"), before)
        self.assertFalse(os.path.exists(self.path("out/.weir")))

    def test_a_file_in_place_of_the_directory_is_named(self):
        self.write("in/a", GOOD)
        self.write("out", b"mine\n")
        ended = self.count()
        self.assert_ended(ended, 1)
        self.assertRegex(ended.err, r"ERROR .*\bout\b.*: Not a directory")
        with open(self.path("out"), "rb") as file:
            self.assertEqual(file.read(), b"mine\n")

    def test_a_place_that_cannot_be_written_is_named(self):
        self.write("in/a", GOOD)
        ended = self.run_to_end(program("event_time_word_count"), "--input", "in", "--output", "/proc/out", "--late", "late")
        self.assert_ended(ended, 1)
        self.assertRegex(ended.err, r"ERROR .*/proc/out")

    def test_two_outputs_in_one_directory_or_one_inside_the_other_are_refused_naming_both(self):
        self.write("in/a", GOOD)
        for output, late in (("o", "o"), ("o", "./o/"), ("o", "o/late"), ("o/sub", "o"), ("o", "o/.weir")):
            with self.subTest(output=output, late=late):
                ended = self.run_to_end(program("event_time_word_count"), "--input", "in", "--output", output, "--late", late)
                self.assert_ended(ended, 2)
                self.assertIn("late output directory", ended.err)
                self.assertIn("'o", ended.err)
                self.assertFalse(os.path.exists(self.path("o")))

    def test_a_directory_without_a_name_is_asked_for_by_its_role(self):
        self.write("in/a", GOOD)
        places = {"--input": "in", "--output": "out", "--late": "late"}
        for flag, role in (("--input", "input directory"), ("--output", "output directory"),
                           ("--late", "late output directory")):
            with self.subTest(flag=flag):
                words = [f"{name}={'' if name == flag else place}" for name, place in places.items()]
                ended = self.run_to_end(program("event_time_word_count"), *words)
                self.assert_ended(ended, 2)
                self.assertIn(role, ended.err)
        ended = self.count("--malformed=")
        self.assert_ended(ended, 2)
        self.assertIn("dead letter directory", ended.err)

    def test_what_is_no_file_in_the_input_is_named(self):
        self.write("in/a", GOOD)
        os.mkfifo(self.path("in/pipe"))
        self.assert_failed(self.count(), "'in/pipe' cannot be read as a file")

    def test_a_full_disk_is_named_and_shows_nothing_by_halves(self):
        disk = self.path("disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"mounting is not permitted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        self.write("in/a", b"".join(b"%d\tword-%d\n" % (n, n) for n in range(20_000)))
        for parallelism in ("1", "2"):
            with self.subTest(parallelism=parallelism):
                place = f"{disk}/{parallelism}"
                ended = self.run_to_end(program("event_time_word_count"), "--input", "in", "--output", place, "--late",
                                        f"late-{parallelism}", "--weir.parallelism", parallelism)
                self.assert_ended(ended, 1)
                self.assertRegex(ended.err, rf"ERROR .*{re.escape(place)}/\S+: No space left on device")
                self.assertEqual([name for name in os.listdir(place) if not name.startswith(".")], [])
                self.assertEqual(os.listdir(self.path(f"late-{parallelism}")), [])
                subprocess.run(["rm", "-rf", place], check=True)


if __name__ == "__main__":
    main()
