import unittest

import triggered_vectors
from triggered import (
    GLOBAL, Aligned, AtEnd, Continuous, Count, Global, KeepLast, KeepRecent, Purging, Result, Sessions, join,
    run,
)
from triggered_vectors import joins, random_case, text
from windows import END_OF_INPUT, Late, sliding, tumbling

SEEDS = range(600)


def r(timestamp, value=1, key="a"):
    return ("r", timestamp, key, value)


def w(watermark):
    return ("w", watermark)


def results(kind, elements, trigger=AtEnd(), evictor=None, lateness=0):
    output = run(kind, lateness, trigger, evictor, [*elements, w(END_OF_INPUT)])
    return [(start, end, values) for start, end, _, _, values in output.results]


class SessionRules(unittest.TestCase):
    def test_records_less_than_a_gap_apart_are_together_and_those_a_gap_apart_too(self):
        self.assertEqual(results(Sessions(10), [r(0, 1), r(10, 2), r(21, 3)]), [(0, 20, [1, 2]), (21, 31, [3])])

    def test_a_record_between_two_sessions_makes_them_one(self):
        self.assertEqual(results(Sessions(10), [r(0, 1), r(18, 2), r(9, 3)]), [(0, 28, [1, 2, 3])])

    def test_a_gap_may_reach_over_several_sessions(self):
        self.assertEqual(results(Sessions(None), [r(0, 5), r(10, 6), r(20, 7), r(4, 30)]), [(0, 34, [5, 6, 7, 30])])

    def test_a_session_fires_once_when_the_watermark_passes_it(self):
        output = run(Sessions(10), 0, AtEnd(), None, [r(0), w(8), r(5), w(14), r(4), w(99)])
        self.assertEqual(output.results, [Result(0, 15, None, "a", [1, 1])])
        self.assertEqual(output.late, [Late(4, "a", 1)])

    def test_a_record_that_meets_a_living_session_is_not_late(self):
        output = run(Sessions(10), 0, AtEnd(), None, [r(10, 1), w(15), r(3, 2), w(99)])
        self.assertEqual((output.results, output.late), ([Result(3, 20, None, "a", [1, 2])], []))

    def test_within_the_lateness_each_record_fires(self):
        self.assertEqual(results(Sessions(10), [r(0, 1), w(10), r(1, 2), w(10), r(2, 3)], lateness=20),
                         [(0, 10, [1]), (0, 11, [1, 2]), (0, 12, [1, 2, 3])])


class TriggerRules(unittest.TestCase):
    def test_count_fires_at_every_so_many_records_and_keeps_them(self):
        self.assertEqual(results(Aligned(tumbling(100)), [r(1, 1), r(2, 2), r(3, 3), r(4, 4), r(5, 5)], Count(2)),
                         [(0, 100, [1, 2]), (0, 100, [1, 2, 3, 4])])

    def test_purging_drops_what_has_fired(self):
        self.assertEqual(results(Global(), [r(1, 1), r(2, 2), r(3, 3), r(4, 4), r(5, 5)], Purging(Count(2))),
                         [(*GLOBAL, [1, 2]), (*GLOBAL, [3, 4])])

    def test_counts_of_sessions_that_become_one_are_added(self):
        elements = [r(0, 1), r(1, 2), r(30, 3), r(31, 4), r(15, 5)]
        self.assertEqual(results(Sessions(16), elements, Count(5)), [(0, 47, [1, 2, 3, 4, 5])])

    def test_continuous_fires_at_multiples_of_its_interval_and_at_the_end(self):
        elements = [r(3, 1), w(9), r(5, 2), w(10), r(12, 3), w(28), w(29)]
        self.assertEqual(results(Aligned(tumbling(30)), elements, Continuous(10)),
                         [(0, 30, [1, 2]), (0, 30, [1, 2, 3]), (0, 30, [1, 2, 3])])

    def test_a_global_window_fires_at_the_end_of_input_with_the_trigger_at_its_end(self):
        self.assertEqual(results(Global(), [r(3, 1), w(99)]), [(*GLOBAL, [1])])


class EvictorRules(unittest.TestCase):
    def test_the_last_elements_are_kept_for_good(self):
        elements = [r(1, 1), r(2, 2), r(3, 3), r(4, 4), r(5, 5), r(6, 6)]
        self.assertEqual(results(Global(), elements, Count(2), KeepLast(3)),
                         [(*GLOBAL, [1, 2]), (*GLOBAL, [2, 3, 4]), (*GLOBAL, [4, 5, 6])])

    def test_after_the_function_all_is_given_first(self):
        self.assertEqual(results(Global(), [r(1, 1), r(2, 2), r(3, 3), r(4, 4)], Count(2), KeepLast(1, after=True)),
                         [(*GLOBAL, [1, 2]), (*GLOBAL, [2, 3, 4])])

    def test_elements_a_time_before_the_latest_go(self):
        self.assertEqual(results(Aligned(tumbling(100)), [r(20, 1), r(10, 2), r(11, 3)], evictor=KeepRecent(10)),
                         [(0, 100, [1, 3])])

    def test_nothing_left_gives_nothing(self):
        self.assertEqual(results(Aligned(sliding(20, 10)), [r(5, 1)], evictor=KeepLast(0)), [])


class Joins(unittest.TestCase):
    def test_every_element_of_one_side_meets_every_one_of_the_other_in_its_window(self):
        elements = [r(1, 2), r(2, 3), r(3, 4), r(4, 6, "b"), r(12, 5), w(END_OF_INPUT)]
        output = run(Aligned(tumbling(10)), 0, AtEnd(), None, elements)
        self.assertEqual(join(output, lambda value: value % 2 == 0), [(0, 10, "a", 2, 3), (0, 10, "a", 4, 3)])


class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases = [random_case(seed) for seed in SEEDS]
        cls.outputs = [run(case.kind, case.lateness, case.trigger, case.evictor, case.elements) for case in cls.cases]

    def assert_often(self, predicate, at_least=10):
        hits = sum(bool(predicate(case, output)) for case, output in zip(self.cases, self.outputs))
        self.assertGreaterEqual(hits, at_least)

    def test_every_kind_occurs(self):
        for kind in (Sessions, Global, Aligned):
            self.assert_often(lambda case, output: isinstance(case.kind, kind), 60)
        self.assert_often(lambda case, output: case.kind == Sessions(None), 60)
        for trigger in (AtEnd, Count, Continuous, Purging):
            self.assert_often(lambda case, output: isinstance(case.trigger, trigger), 30)
        self.assert_often(lambda case, output: isinstance(case.evictor, KeepLast), 30)
        self.assert_often(lambda case, output: isinstance(case.evictor, KeepRecent), 30)

    def test_every_kind_of_output_occurs(self):
        self.assert_often(lambda case, output: output.late, 50)
        self.assert_often(lambda case, output: len(output.results) > 20, 50)
        self.assert_often(lambda case, output:
                          isinstance(case.kind, Sessions) and any(len(result.values) > 5 for result in output.results), 30)

    def test_joins_occur(self):
        self.assert_often(lambda case, output: joins(case, output) and len(join(output, lambda value: value % 2)) > 5)

    def test_a_seed_gives_the_same_text_again(self):
        self.assertEqual(text(random_case(11)), text(random_case(11)))
        self.assertTrue(text(random_case(12)).startswith("case 12\nwindows "))
        self.assertEqual(triggered_vectors.words_of_evictor(KeepLast(2, True)), "count 2 after")


if __name__ == "__main__":
    unittest.main()
