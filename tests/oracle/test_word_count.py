import contextlib
import io
import itertools
import os
import random
import tempfile
import unittest
import zlib

import word_count
from windows import END_OF_INPUT, START_OF_INPUT, run, sliding, tumbling
from word_count import Check, check, files_under, lines_of, parse_record


class Folder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, *lines):
        """Lines of a file, with | for a tab."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(b"".join(line.replace("|", "\t").encode() + b"\n" for line in lines))

    def differences(self, windows, **options):
        return check(self.path("in"), self.path("out"), self.path("late"), windows, **options)

    def assert_right(self, windows, **options):
        self.assertEqual(self.differences(windows, **options), [])

    def assert_wrong(self, windows, *expected, **options):
        self.assertEqual(self.differences(windows, **options), list(expected))


class WithoutLateness(Folder):
    def setUp(self):
        super().setUp()
        self.write("in/a", "1|x", "-1|x", "12|x", "3|y")
        self.write("in/b", "9|x")

    def test_the_reference_counts_are_right(self):
        self.write("out/0", "-10|0|x|1", "0|10|x|2", "10|20|x|1", "0|10|y|1")
        self.assert_right(tumbling(10))

    def test_several_files_at_any_depth_make_one_output_and_hidden_ones_do_not_count(self):
        self.write("out/1/part", "0|10|x|2", "10|20|x|1")
        self.write("out/0/part", "-10|0|x|1", "0|10|y|1")
        self.write("out/.staged/part", "nonsense")
        self.write("out/_log", "nonsense")
        self.assert_right(tumbling(10))

    def test_a_missing_a_wrong_and_a_foreign_result_are_named(self):
        self.write("out/0", "0|10|x|3", "10|20|x|1", "0|10|y|1", "20|30|y|1")
        self.assert_wrong(tumbling(10),
                          "[-10, 0) 'x': the final count is missing, expected 1",
                          "[0, 10) 'x': the final count is 3, expected 2",
                          "[20, 30) 'y': the final count is 1, expected none")

    def test_a_doubled_result_is_named(self):
        self.write("out/0", "-10|0|x|1", "0|10|x|2", "10|20|x|1", "0|10|y|1")
        self.write("out/1", "0|10|x|2")
        self.assert_wrong(tumbling(10), "[0, 10) 'x': fired 2 times, with [2, 2], although no lateness is allowed")

    def test_what_is_no_result_or_no_window_is_named(self):
        self.write("out/0", "-10|0|x|1", "0|10|x|2", "10|20|x|1", "0|10|y|1", "0|10|1", "5|15|x|1", "0|20|x|1")
        self.assert_wrong(tumbling(10),
                          f"{self.path('out/0')}:5: '0\\t10\\t1' is no result",
                          f"{self.path('out/0')}:6: [5, 15) is no window",
                          f"{self.path('out/0')}:7: [0, 20) is no window")

    def test_an_offset_moves_the_windows(self):
        self.write("out/0", "-8|2|x|2", "2|12|x|1", "12|22|x|1", "2|12|y|1")
        self.assert_right(tumbling(10, 2))

    def test_an_input_that_is_not_there_is_an_error_and_an_empty_one_is_not(self):
        with self.assertRaises(FileNotFoundError):
            check(self.path("nowhere"), self.path("out"), None, tumbling(10))
        self.write("empty/a")
        self.assertEqual(check(self.path("empty"), self.path("out"), None, tumbling(10)), [])

    def test_words_are_bytes_and_may_hold_tabs(self):
        self.write("in/a", "1|x|y", "2|")
        self.write("in/b", "3|x y")
        self.write("out/0", "0|10|x|y|1", "0|10||1", "0|10|x y|1")
        self.assert_right(tumbling(10))


class LateRecords(Folder):
    def test_a_record_behind_the_watermark_of_its_own_split_may_be_late_or_counted(self):
        self.write("in/a", "5|x", "10|y", "6|x")
        self.write("out/0", "0|10|x|1", "10|20|y|1")
        self.write("late/0", "6|x")
        self.assert_right(tumbling(10))
        self.write("late/0")
        self.write("out/0", "0|10|x|2", "10|20|y|1")
        self.assert_right(tumbling(10))

    def test_a_record_in_neither_or_both_outputs_is_found(self):
        self.write("in/a", "5|x", "10|y", "6|x")
        self.write("out/0", "0|10|x|1", "10|20|y|1")
        self.assert_wrong(tumbling(10), "[0, 10) 'x': the final count is 1, expected 2")
        self.write("out/0", "0|10|x|2", "10|20|y|1")
        self.write("late/0", "6|x")
        self.assert_wrong(tumbling(10), "[0, 10) 'x': the final count is 2, expected 1")

    def test_the_reach_is_the_highest_timestamp_before_the_record_less_the_out_of_orderness(self):
        # Before 6 came 12: the watermark is at most 12 - 2 - 1 = 9, the last that 0..9 can wait for.
        self.write("in/a", "5|x", "12|y", "6|x")
        self.write("out/0", "0|10|x|1", "10|20|y|1")
        self.write("late/0", "6|x")
        self.assert_right(tumbling(10), out_of_orderness=2)
        self.assert_wrong(tumbling(10), "late output: 1 of 6 'x' are too early to be late",
                          "[0, 10) 'x': the final count is 1, expected 2", out_of_orderness=3)

    def test_other_splits_do_not_make_a_record_late(self):
        self.write("in/a", "5|x")
        self.write("in/b", "99|y")
        self.write("out/0", "90|100|y|1")
        self.write("late/0", "5|x")
        self.assert_wrong(tumbling(10), "late output: 1 of 5 'x' are too early to be late",
                          "[0, 10) 'x': the final count is missing, expected 1")

    def test_a_late_record_must_be_in_the_input_as_often(self):
        self.write("in/a", "5|x", "10|y", "6|x")
        self.write("out/0", "0|10|x|1", "10|20|y|1")
        self.write("late/0", "6|x", "6|x", "7|x", "oops")
        self.assert_wrong(tumbling(10),
                          f"{self.path('late/0')}:4: 'oops' is no late record",
                          "late output: 1 of 6 'x' of 2 have no input record",
                          "late output: 1 of 7 'x' of 1 have no input record")

    def test_of_equal_records_the_one_that_can_be_late_is_taken(self):
        self.write("in/a", "5|x", "10|y", "5|x")
        self.write("out/0", "0|10|x|1", "10|20|y|1")
        self.write("late/0", "5|x")
        self.assert_right(tumbling(10))

    def test_in_a_gap_between_windows_a_record_counts_nowhere_or_is_late_by_its_timestamp(self):
        self.write("in/a", "1|x", "5|x", "8|x", "5|y")
        self.write("out/0", "0|3|x|1")
        self.assert_right(sliding(3, 10), lateness=2)
        self.write("late/0", "5|y")
        self.assert_right(sliding(3, 10), lateness=2)
        self.assert_wrong(sliding(3, 10), "late output: 1 of 5 'y' are too early to be late", lateness=3)


class MissedWindows(Folder):
    """A record behind its watermark may miss the earlier of its sliding windows without being late."""

    def setUp(self):
        super().setUp()
        # 3 has a reach of 6: it can have missed [-5, 5), and no other window.
        self.write("in/a", "2|x", "7|y", "3|x")

    def output(self, *counts_of_x):
        self.write("out/0", "0|10|y|1", "5|15|y|1", *(f"{line}" for line in counts_of_x))

    def test_it_counts_in_all_its_windows_or_in_those_it_cannot_have_missed(self):
        self.output("-5|5|x|2", "0|10|x|2")
        self.assert_right(sliding(10, 5))
        self.output("-5|5|x|1", "0|10|x|2")
        self.assert_right(sliding(10, 5))

    def test_it_counts_in_its_last_window(self):
        self.output("-5|5|x|2", "0|10|x|1")
        self.assert_wrong(sliding(10, 5), "[0, 10) 'x': the final count is 1, expected 2")

    def test_a_record_that_cannot_have_missed_a_window_counts_there(self):
        self.output("0|10|x|2")
        self.assert_wrong(sliding(10, 5), "[-5, 5) 'x': the final count is missing, expected 1 to 2")

    def test_a_record_does_not_count_and_then_miss_a_later_window(self):
        # One record at 1 with reach 98: windows end at 3, 6, 9 for size 9 by 3; each alone may be missed.
        self.write("in/a", "1|x", "99|y", "1|x")
        y = ["93|102|y|1", "96|105|y|1", "99|108|y|1"]
        self.write("out/0", "-6|3|x|1", "-3|6|x|2", "0|9|x|2", *y)
        self.assert_right(sliding(9, 3))
        self.write("out/0", "-6|3|x|2", "-3|6|x|1", "0|9|x|2", *y)
        self.assert_wrong(sliding(9, 3), "[-3, 6) 'x': the final count is lower than that of earlier windows allows")

    def test_counts_need_one_choice_for_all_windows(self):
        # Both records at 1 can have missed [-6, 3); the one that counts there counts in [-3, 6) as well,
        # the one at 4, in order and first in its split, counts in [-3, 6), [0, 9) and [3, 12).
        self.write("in/a", "99|y", "1|x", "1|x")
        self.write("in/b", "4|x")
        y = ["93|102|y|1", "96|105|y|1", "99|108|y|1"]
        self.write("out/0", "-6|3|x|1", "-3|6|x|2", "0|9|x|3", "3|12|x|1", *y)
        self.assert_right(sliding(9, 3))
        self.write("out/0", "-6|3|x|1", "-3|6|x|1", "0|9|x|3", "3|12|x|1", *y)
        self.assert_wrong(sliding(9, 3), "[-3, 6) 'x': the final count is lower than that of earlier windows allows")


    def test_a_choice_is_found_exactly_when_there_is_one(self):
        rng = random.Random(1)
        windows = range(4)
        for _ in range(200):
            arrivals = [tuple(sorted(rng.choices(windows, k=3))) for _ in range(rng.randint(0, 4))]
            possible = set()
            for begins in itertools.product(*(range(first, latest + 1) for first, latest, _ in arrivals)):
                possible.add(tuple(sum(begin <= window <= last for begin, (_, _, last) in zip(begins, arrivals))
                                   for window in windows))
            for counts in itertools.product(range(len(arrivals) + 1), repeat=len(windows)):
                oracle = Check(tumbling(1))
                oracle.check_together(b"x", arrivals, {window: n for window, n in enumerate(counts) if n})
                self.assertEqual(not oracle.differences, counts in possible, f"{arrivals} {counts}")


class WithLateness(Folder):
    def setUp(self):
        super().setUp()
        # The last three records of x can come after [0, 10) has fired, but not after it has expired.
        self.write("in/a", "1|x", "2|x", "14|y", "3|x", "4|x", "5|x")
        self.y = "10|20|y|1"

    def test_each_record_after_the_firing_may_fire_again(self):
        for counts in ([5], [4, 5], [2, 3, 4, 5]):
            self.write("out/0", self.y, *(f"0|10|x|{count}" for count in counts))
            self.assert_right(tumbling(10), lateness=5)

    def test_more_firings_than_records_that_came_later_are_wrong(self):
        self.write("out/0", self.y, *(f"0|10|x|{count}" for count in [1, 2, 3, 4, 5]))
        self.assert_wrong(tumbling(10), "[0, 10) 'x': fired again 4 times, but at most 3 came later", lateness=5)

    def test_the_last_count_is_the_reference(self):
        self.write("out/0", self.y, "0|10|x|3", "0|10|x|4")
        self.assert_wrong(tumbling(10), "[0, 10) 'x': the final count is 4, expected 5", lateness=5)

    def test_a_doubled_or_skipped_firing_is_wrong(self):
        for counts in ([4, 5, 5], [3, 5]):
            self.write("out/0", self.y, *(f"0|10|x|{count}" for count in counts))
            self.assert_wrong(tumbling(10), f"[0, 10) 'x': the counts of its firings are not consecutive: {counts}",
                              lateness=5)

    def test_firings_are_in_order_within_a_file(self):
        self.write("out/0", self.y, "0|10|x|5", "0|10|x|4")
        self.assert_wrong(tumbling(10), "[0, 10) 'x': the counts of its firings are not in order: [5, 4]", lateness=5)
        self.write("out/0", self.y, "0|10|x|5")
        self.write("out/1", "0|10|x|4")
        self.assert_right(tumbling(10), lateness=5)

    def test_a_record_is_late_only_when_its_window_has_expired(self):
        self.write("out/0", self.y, "0|10|x|4")
        self.write("late/0", "5|x")
        self.assert_wrong(tumbling(10), "late output: 1 of 5 'x' are too early to be late",
                          "[0, 10) 'x': the final count is 4, expected 5", lateness=5)
        self.assert_right(tumbling(10), lateness=4)


class DeadLetters(Folder):
    def test_they_are_the_malformed_lines_and_no_others(self):
        self.write("in/a", "1|x", "oops", "oops", "250000000000001|x", "1.5|x", "", "250000000000000|x")
        self.write("out/0", "0|10|x|1", "250000000000000|250000000000010|x|1")
        self.write("dead/0", "oops", "oops", "250000000000001|x", "1.5|x", "")
        self.assert_right(tumbling(10), dead_letter_dir=self.path("dead"))
        self.write("dead/0", "oops", "250000000000001|x", "1.5|x", "", "1|x")
        self.assert_wrong(tumbling(10),
                          "malformed input line 'oops' is not among the dead letters (1 missing)",
                          "dead letter '1\\tx' is no malformed input line (1 too many)",
                          dead_letter_dir=self.path("dead"))

    def test_without_dead_letters_a_malformed_line_is_a_difference(self):
        self.write("in/a", "oops")
        self.assert_wrong(tumbling(10), "malformed input line 'oops' can go nowhere without --dead-letter (1 missing)")


class Engine:
    """A word count that reads its splits in a random order, to try the oracle on."""

    def __init__(self, rng, input_path, windows, lateness, out_of_orderness):
        self.splits = [lines_of(path) for path in files_under(input_path)]
        self.dead = [line for lines in self.splits for line in lines if parse_record(line) is None]
        splits = [[record for record in map(parse_record, lines) if record] for lines in self.splits]
        position = [0] * len(splits)
        highest = [START_OF_INPUT] * len(splits)
        elements = []
        share = rng.choice([0.02, 0.3, 1])
        while unfinished := [i for i, split in enumerate(splits) if position[i] < len(split)]:
            split = rng.choice(unfinished)
            for _ in range(rng.choice([1, 3, 40])):
                if position[split] == len(splits[split]):
                    break
                timestamp, word = splits[split][position[split]]
                position[split] += 1
                highest[split] = max(highest[split], timestamp)
                elements.append(("r", timestamp, word, 1))
                running = [highest[i] for i in unfinished if position[i] < len(splits[i])]
                if running and rng.random() < share:
                    elements.append(("w", min(running) - out_of_orderness - 1))
        self.output = run(windows, lateness, "count", elements + [("w", END_OF_INPUT)])

    def write(self, folder):
        for name in ("out", "late", "dead"):
            os.makedirs(os.path.join(folder, name))
        files = [[], []]
        for start, end, word, count in self.output.results:
            files[zlib.crc32(word) % 2].append(b"%d\t%d\t%s\t%d" % (start, end, word, count))
        contents = {"out/0": files[0], "out/1": files[1], "dead/0": self.dead,
                    "late/0": [b"%d\t%s" % (late.timestamp, late.key) for late in self.output.late]}
        for name, lines in contents.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(b"".join(line + b"\n" for line in lines))


class AgainstRandomInput(Folder):
    SHAPES = [(tumbling(10_000), "tumbling:10s"), (sliding(10_000, 2000), "sliding:10s:2s"),
              (sliding(7000, 3000), "sliding:7s:3s"), (sliding(2000, 5000), "sliding:2s:5s")]

    def generate(self, seed):
        name = f"case-{seed}"
        self.assertEqual(word_count.main([
            "generate", "--seed", str(seed), "--dir", self.path(f"{name}/in"), "--files", str(1 + seed % 4),
            "--empty-files", str(seed % 2), "--records", "300", "--words", str(1 + seed % 7), "--odd-words",
            "--out-of-orderness", "2s", "--late", "0.2", "--late-by", "20s", "--malformed", "0.05",
            "--step", ["0", "100ms", "1s"][seed % 3], "--skew", ["0", "30s"][seed % 2],
        ]), 0)
        return self.path(name)

    def flags(self, folder, window, lateness):
        return ["check", "--input", f"{folder}/in", "--output", f"{folder}/out", "--late", f"{folder}/late",
                "--dead-letter", f"{folder}/dead", "--window", window, "--lateness", f"{lateness}ms",
                "--out-of-orderness", "2s", "--show", "3"]

    def check(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            status = word_count.main(self.flags(*arguments))
        return status, out.getvalue()

    def engines(self):
        for seed in range(60):
            windows, window = self.SHAPES[seed % len(self.SHAPES)]
            lateness = [0, 1500, 12_000][seed % 3]
            folder = self.generate(seed)
            engine = Engine(random.Random(seed), f"{folder}/in", windows, lateness, 2000)
            engine.write(folder)
            yield seed, engine, folder, window, lateness

    def test_every_legal_interleaving_is_right(self):
        late = refired = 0
        for seed, engine, folder, window, lateness in self.engines():
            status, out = self.check(folder, window, lateness)
            self.assertEqual((status, out[:3]), (0, "ok;"), f"seed {seed}: {out}")
            late += bool(engine.output.late)
            refired += len({result[:3] for result in engine.output.results}) < len(engine.output.results)
        self.assertGreater(late, 20)
        self.assertGreater(refired, 10)

    def test_every_changed_line_of_the_output_is_found(self):
        for seed, _, folder, window, lateness in self.engines():
            if not window.startswith("tumbling"):
                continue  # For sliding windows another legal interleaving may explain the change.
            rng = random.Random(seed)
            for name in ("out/0", "out/1", "late/0", "dead/0"):
                path = os.path.join(folder, name)
                lines = lines_of(path)
                if not lines:
                    continue
                victim = rng.randrange(len(lines))
                # With lateness a result may be left out: the record that fired it may have come in time.
                changes = [[lines[victim]] * 2, [lines[victim] + b"0"]]
                if lateness == 0 or not name.startswith("out"):
                    changes.append([])
                for changed in changes:
                    with open(path, "wb") as file:
                        file.write(b"".join(x + b"\n" for x in lines[:victim] + changed + lines[victim + 1:]))
                    status, out = self.check(folder, window, lateness)
                    self.assertEqual(status, 1, f"seed {seed}, {name}: {lines[victim]} -> {changed}: {out}")
                with open(path, "wb") as file:
                    file.write(b"".join(x + b"\n" for x in lines))
            self.assertEqual(self.check(folder, window, lateness)[0], 0)


class CommandLine(Folder):
    def test_prints_the_first_differences_and_the_ledger(self):
        self.write("in/a", "1|x", "1|y", "1|z")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            status = word_count.main(["check", "--input", self.path("in"), "--output", self.path("out"),
                                      "--window", "tumbling:1s", "--show", "1"])
        self.assertEqual(status, 1)
        self.assertEqual(out.getvalue().splitlines(), [
            "[0, 1000) 'x': the final count is missing, expected 1",
            "3 differences; 3 lines: 3 due in results, 0 late, 0 dead letters, 0 in no window",
        ])

    def test_generated_input_has_what_was_asked_for(self):
        word_count.main(["generate", "--seed", "1", "--dir", self.path("in"), "--files", "2", "--empty-files", "1",
                         "--records", "101", "--words", "1", "--start", "-50", "--step", "0"])
        lines = [lines_of(path) for path in files_under(self.path("in"))]
        self.assertEqual(lines, [[b"-50\tw0"] * 51, [b"-50\tw0"] * 50, []])

    def test_generated_timestamps_stay_within_the_out_of_orderness(self):
        word_count.main(["generate", "--seed", "1", "--dir", self.path("in"), "--out-of-orderness", "1s"])
        records, malformed = word_count.read_input(self.path("in"), 1000)
        self.assertEqual((len(records), malformed.total()), (1000, 0))
        self.assertTrue(all(record.timestamp > record.reach for record in records))
        self.assertTrue(any(a.timestamp > b.timestamp for a, b in zip(records, records[1:])))
        self.assertTrue(any(record.timestamp < 0 for record in records))


if __name__ == "__main__":
    unittest.main()
