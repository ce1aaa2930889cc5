import os
import tempfile
import unittest

import vectors
from vectors import Case, random_case, text
from windows import AGGREGATES, END_OF_INPUT, TIMESTAMP_LIMIT, run, sliding, tumbling

SEEDS = range(300)


class Text(unittest.TestCase):
    def test_a_case_is_written_line_by_line(self):
        elements = [("r", -3, "b", 5), ("r", -10, "a", -7), ("w", -1), ("r", -2, "a", 4), ("w", 1), ("r", -4, "b", 1),
                    ("w", END_OF_INPUT)]
        self.assertEqual(
            text(Case(17, "tumbling", tumbling(10, 0), 2, "process", elements)).splitlines(),
            [
                "case 17", "window tumbling", "size_ms 10", "slide_ms 10", "offset_ms 0", "lateness_ms 2",
                "aggregate process",
                "r 0 -3 b 5", "r 0 -10 a -7", "w -1", "r 0 -2 a 4", "w 1", "r 0 -4 b 1", "w end",
                "out -10 0 a -7", "out -10 0 b 5", "out -10 0 a -7,4",
                "late -4 b 1",
                "end",
            ],
        )

    def test_reduce_keeps_the_order_of_arrival(self):
        elements = [("r", 5, "a", 9), ("r", 4, "a", -2), ("w", END_OF_INPUT)]
        self.assertIn("out 0 10 a 9,-2\n", text(Case(0, "sliding", sliding(10, 20), 0, "reduce", elements)))


class Files(unittest.TestCase):
    def test_a_batch_is_its_cases_one_after_another(self):
        with tempfile.TemporaryDirectory() as folder:
            batch = os.path.join(folder, "batch")
            vectors.main(["batch", "--from", "3", "--to", "6", "--out", batch])
            vectors.main(["generate", "--seed", "3", "--count", "3", "--dir", os.path.join(folder, "cases")])
            cases = []
            for seed in (3, 4, 5):
                with open(os.path.join(folder, "cases", f"case-{seed}.txt"), encoding="ascii") as file:
                    cases.append(file.read())
                self.assertTrue(cases[-1].startswith(f"case {seed}\n") and cases[-1].endswith("\nend\n"))
            self.assertEqual(sorted(os.listdir(os.path.join(folder, "cases"))),
                             ["case-3.txt", "case-4.txt", "case-5.txt"])
            with open(batch, encoding="ascii") as file:
                self.assertEqual(file.read(), "".join(cases))

    def test_a_seed_gives_the_same_case_again(self):
        self.assertEqual(text(random_case(11)), text(random_case(11)))
        self.assertNotEqual(random_case(11).elements, random_case(24).elements)


class Coverage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases = [random_case(seed) for seed in SEEDS]
        cls.outputs = [run(case.windows, case.lateness, case.aggregate, case.elements) for case in cls.cases]

    def assert_often(self, predicate, at_least=10):
        """`predicate`(case, its records, its output) holds for at least so many of the cases."""
        hits = sum(bool(predicate(case, [e for e in case.elements if e[0] == "r"], output))
                   for case, output in zip(self.cases, self.outputs))
        self.assertGreaterEqual(hits, at_least)

    def test_every_window_shape_occurs(self):
        self.assert_often(lambda case, records, output: case.kind == "tumbling", 50)
        self.assert_often(lambda case, records, output: case.windows.size % case.windows.slide)
        self.assert_often(lambda case, records, output: case.windows.slide > case.windows.size)
        self.assert_often(lambda case, records, output: case.windows.offset < 0)
        self.assert_often(lambda case, records, output: case.windows.offset > 0)
        self.assertEqual({case.aggregate for case in self.cases}, set(AGGREGATES))

    def test_every_kind_of_input_occurs(self):
        self.assert_often(lambda case, records, output: not records)
        self.assert_often(lambda case, records, output: records and len({r[2] for r in records}) == 1)
        self.assert_often(lambda case, records, output: any(r[1] < 0 for r in records))
        self.assert_often(lambda case, records, output: len({r[1] for r in records}) < len(records))
        self.assert_often(lambda case, records, output: records and
                          max(r[1] for r in records) - min(r[1] for r in records) > 10**9)
        self.assert_often(lambda case, records, output: any(
            b < a for a, b in zip(*[[e[1] for e in case.elements if e[0] == "w"][skip:] for skip in (0, 1)])))

    def test_every_kind_of_output_occurs(self):
        self.assert_often(lambda case, records, output: output.late, 50)
        self.assert_often(lambda case, records, output: output.in_no_window)
        self.assert_often(lambda case, records, output:
                          len({r[:3] for r in output.results}) < len(output.results), 30)
        self.assert_often(lambda case, records, output: len(output.results) > 20, 50)

    def test_every_input_ends_with_the_end_and_stays_within_the_limits(self):
        for case in self.cases:
            self.assertEqual(case.elements[-1], ("w", END_OF_INPUT))
            self.assertTrue(all(abs(e[1]) <= TIMESTAMP_LIMIT for e in case.elements if e[0] == "r"))
            self.assertTrue(abs(case.windows.offset) < case.windows.slide)


if __name__ == "__main__":
    unittest.main()
