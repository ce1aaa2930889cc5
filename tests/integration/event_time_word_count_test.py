"""The word count in event time, from files to files, checked by the reference over random input."""

import os
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import word_count as reference
from processes import Case, main, program

# Name, window, further arguments of job and check, and of the generator. Times begin below zero.
SETTINGS = [
    ("tumbling", "tumbling:10s", [], ["--step", "50ms"]),
    ("tumbling with offset", "tumbling:7s", ["--offset=-3s"], ["--step", "100ms", "--odd-words"]),
    ("sliding", "sliding:10s:2s", [], ["--step", "100ms", "--empty-files", "2"]),
    ("sliding, odd slices, offset", "sliding:5s:3s", ["--offset=1s"], ["--step", "20ms"]),
    ("gaps between windows", "sliding:2s:5s", [], ["--step", "100ms"]),
    ("out of order", "tumbling:5s", ["--out-of-orderness=3s"], ["--out-of-orderness", "3s", "--skew", "1s"]),
    ("late", "tumbling:5s", ["--out-of-orderness=1s"],
     ["--out-of-orderness", "1s", "--late", "0.1", "--late-by", "20s", "--odd-words"]),
    ("late in sliding windows", "sliding:6s:2s", [], ["--late", "0.1", "--late-by", "15s", "--step", "200ms"]),
    ("allowed lateness", "tumbling:5s", ["--lateness=4s"], ["--late", "0.1", "--late-by", "15s"]),
    ("lateness in sliding windows", "sliding:4s:2s", ["--lateness=3s", "--out-of-orderness=500ms"],
     ["--out-of-orderness", "500ms", "--late", "0.1", "--late-by", "10s", "--odd-words"]),
    ("one instant", "tumbling:1s", [], ["--step", "0"]),
    ("one word", "sliding:4s:1s", [], ["--words", "1", "--step", "30ms"]),
]
# Parallelism, workers, further options of the engine.
RUNS = [(1, 1, []), (2, 1, ["--weir.batch-size=7"]), (2, 2, ["--weir.pre-aggregate=false"]), (4, 2, [])]


class CountCase(Case):
    def generate(self, seed, *arguments):
        status = reference.main(["generate", "--seed", str(seed), "--dir", self.path("in"), *arguments])
        self.assertEqual(status, 0)

    def count(self, name, *arguments):
        """Runs the job; its output lies in the folder `name`."""
        return self.run_to_end(program("event_time_word_count"), "--input", self.path("in"), "--output",
                               self.path(f"{name}/out"), "--late", self.path(f"{name}/late"), *arguments)

    def lines(self, name):
        return Counter(line for file in reference.files_under(self.path(name)) for line in reference.lines_of(file))

    def check(self, name, window, arguments):
        """The number of late records, after all output was found right."""
        flags = dict(argument[2:].split("=") for argument in arguments)
        checked = reference.Check(
            reference.flags.windows(window, reference.flags.duration(flags.get("offset", "0"))),
            reference.flags.duration(flags.get("lateness", "0")),
            reference.flags.duration(flags.get("out-of-orderness", "0")),
        )
        checked.run(self.path("in"), self.path(f"{name}/out"), self.path(f"{name}/late"))
        self.assertEqual(checked.differences, [])
        return self.lines(f"{name}/late").total()


class RandomInput(CountCase):
    def run_setting(self, seed, window, arguments, generator):
        self.generate(seed, "--records", "3000", *generator)
        outputs, late = [], 0
        for parallelism, workers, options in RUNS:
            with self.subTest(seed=seed, parallelism=parallelism, workers=workers):
                name = f"{parallelism}-{workers}"
                ended = self.count(name, "--window", window, *arguments, f"--weir.parallelism={parallelism}",
                                   f"--weir.workers={workers}", *options)
                self.assert_ended(ended, 0)
                found_late = self.check(name, window, arguments)
                late += found_late
                out = self.lines(f"{name}/out")
                self.assertIn(f"finished after 3000 records in ", ended.err)
                self.assertIn(f": out {out.total() + found_late}, late {found_late}, malformed 0, restarts 0", ended.err)
                outputs.append(out)
        return outputs, late


def add_test(number, name, window, arguments, generator):
    def test(self):
        outputs, late = self.run_setting(number + 1, window, arguments, generator)
        self.assertTrue(all(outputs))
        if "--late" in generator:
            self.assertGreater(late, 0)
        else:
            self.assertEqual(late, 0)
            self.assertTrue(all(out == outputs[0] for out in outputs), "the same results at any parallelism")

    setattr(RandomInput, "test_" + name.replace(",", "").replace(" ", "_"), test)


for number, setting in enumerate(SETTINGS):
    add_test(number, *setting)


class Edges(CountCase):
    def test_the_edges_of_windows_and_of_time(self):
        limit = reference.TIMESTAMP_LIMIT
        self.write("in/a", b"".join(b"%d\tw\n" % time for time in
                                    (-limit, -10001, -10000, -1, 0, 9999, 10000, limit - 1, limit)))
        for parallelism in ("1", "4"):
            ended = self.count(parallelism, "--weir.parallelism", parallelism)
            self.assert_ended(ended, 0)
            self.assertEqual(self.check(parallelism, "tumbling:10s", []), 0)

    def test_an_empty_input_gives_an_empty_output(self):
        os.mkdir(self.path("in"))
        self.write("in/empty", b"")
        self.assert_ended(self.count("run"), 0)
        self.assertEqual(os.listdir(self.path("run/out")), [])
        self.assertEqual(os.listdir(self.path("run/late")), [])

    def test_carriage_returns_hidden_files_and_subdirectories(self):
        self.write("in/a", b"1\tw\r\n2\tw")
        self.write("in/.hidden", b"nonsense\n")
        self.write("in/below/b", b"3\tw\n")
        self.assert_ended(self.count("run"), 0)
        self.assertEqual(self.lines("run/out"), {b"0\t10000\tw\t2": 1})

    def test_nothing_but_parts_is_left_in_the_output(self):
        self.generate(1, "--records", "100", "--late", "0.2")
        self.assert_ended(self.count("run", "--weir.parallelism", "2"), 0)
        for folder in ("run/out", "run/late"):
            for name in os.listdir(self.path(folder)):
                self.assertRegex(name, r"^part-[12]-1$")

    def test_more_input_than_fits_into_a_batch_or_a_chunk(self):
        self.generate(3, "--records", "60000", "--files", "2", "--step", "10ms", "--words", "500")
        ended = self.count("run", "--window", "sliding:10s:2s", "--weir.parallelism", "3")
        self.assert_ended(ended, 0)
        self.assertEqual(self.check("run", "sliding:10s:2s", []), 0)


if __name__ == "__main__":
    main()
