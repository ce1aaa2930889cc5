import unittest

from windows import END_OF_INPUT, Late, Result, Windows, run, sliding, tumbling


def r(timestamp, key="a", value=1):
    return ("r", timestamp, key, value)


def w(watermark):
    return ("w", watermark)


class Assignment(unittest.TestCase):
    def test_a_tumbling_window_holds_its_start_and_not_its_end(self):
        self.assertEqual(tumbling(10).of(0), [(0, 10)])
        self.assertEqual(tumbling(10).of(9), [(0, 10)])
        self.assertEqual(tumbling(10).of(10), [(10, 20)])

    def test_below_zero_the_division_rounds_down(self):
        self.assertEqual(tumbling(10).of(-1), [(-10, 0)])
        self.assertEqual(tumbling(10).of(-10), [(-10, 0)])
        self.assertEqual(tumbling(10).of(-11), [(-20, -10)])

    def test_an_offset_moves_every_boundary(self):
        self.assertEqual(tumbling(10, 3).of(2), [(-7, 3)])
        self.assertEqual(tumbling(10, 3).of(3), [(3, 13)])
        self.assertEqual(tumbling(10, -4).of(5), [(-4, 6)])
        self.assertEqual(tumbling(10, -4).of(6), [(6, 16)])

    def test_an_element_belongs_to_size_over_slide_sliding_windows(self):
        self.assertEqual(
            sliding(5000, 1000).of(300),
            [(-4000, 1000), (-3000, 2000), (-2000, 3000), (-1000, 4000), (0, 5000)],
        )
        self.assertEqual(sliding(5000, 1000).of(1000)[0], (-3000, 2000))

    def test_when_the_slide_does_not_divide_the_size_the_number_of_windows_varies(self):
        self.assertEqual(sliding(10, 4).of(0), [(-8, 2), (-4, 6), (0, 10)])
        self.assertEqual(sliding(10, 4).of(2), [(-4, 6), (0, 10)])
        self.assertEqual(sliding(10, 4).of(-1), [(-8, 2), (-4, 6)])

    def test_when_the_slide_exceeds_the_size_some_elements_belong_to_no_window(self):
        self.assertEqual(sliding(3, 10).of(2), [(0, 3)])
        self.assertEqual(sliding(3, 10).of(3), [])
        self.assertEqual(sliding(3, 10).of(9), [])
        self.assertEqual(sliding(3, 10).of(-1), [])
        self.assertEqual(sliding(3, 10).of(-10), [(-10, -7)])

    def test_assignment_agrees_with_trying_every_window(self):
        for size, slide, offset in [(10, 10, 0), (10, 4, 3), (3, 10, -7), (7, 7, -2), (12, 5, 4), (1, 1, 0)]:
            starts = [offset + i * slide for i in range(-100, 101)]
            for timestamp in range(-40, 41):
                wanted = [(start, start + size) for start in starts if start <= timestamp < start + size]
                self.assertEqual(Windows(size, slide, offset).of(timestamp), wanted)

    def test_a_size_or_slide_of_zero_is_refused(self):
        with self.assertRaises(ValueError):
            Windows(0, 1)
        with self.assertRaises(ValueError):
            Windows(1, 0)


class Firing(unittest.TestCase):
    def test_a_window_fires_at_its_last_millisecond_and_only_once(self):
        self.assertEqual(run(tumbling(10), 0, "count", [r(3), w(8)]).results, [])
        output = run(tumbling(10), 0, "count", [r(3), r(4), w(9), w(10), w(END_OF_INPUT)])
        self.assertEqual(output.results, [Result(0, 10, "a", 2)])

    def test_a_watermark_that_goes_back_changes_nothing(self):
        output = run(tumbling(10), 0, "count", [w(9), w(-5), r(3), w(9), w(END_OF_INPUT)])
        self.assertEqual(output.results, [])
        self.assertEqual(output.late, [Late(3, "a", 1)])

    def test_windows_fire_in_order_of_their_ends_and_keys_in_order_within_one(self):
        output = run(tumbling(10), 0, "count", [r(25, "a"), r(5, "b"), r(-5, "c"), r(6, "a"), w(29)])
        self.assertEqual(
            output.results,
            [Result(-10, 0, "c", 1), Result(0, 10, "a", 1), Result(0, 10, "b", 1), Result(20, 30, "a", 1)],
        )

    def test_a_sliding_window_counts_an_element_once_in_each_of_its_windows(self):
        # The same two elements as in the processing-time example: counts 1 1 2 2 2 1 1.
        output = run(sliding(5000, 1000), 0, "count", [r(300), r(2500), w(END_OF_INPUT)])
        self.assertEqual([(x.end, x.value) for x in output.results],
                         [(1000, 1), (2000, 1), (3000, 2), (4000, 2), (5000, 2), (6000, 1), (7000, 1)])

    def test_no_input_gives_no_output(self):
        self.assertEqual(run(tumbling(10), 5, "sum", [w(7), w(END_OF_INPUT)]), ([], [], []))


class Aggregates(unittest.TestCase):
    def values(self, aggregate):
        elements = [r(1, "a", 3), r(2, "a", -1), r(0, "a", 3), w(END_OF_INPUT)]
        return [result.value for result in run(tumbling(10), 0, aggregate, elements).results]

    def test_each_is_taken_over_all_values_of_the_window(self):
        self.assertEqual(self.values("count"), [3])
        self.assertEqual(self.values("sum"), [5])
        self.assertEqual(self.values("min"), [-1])
        self.assertEqual(self.values("max"), [3])

    def test_reduce_joins_in_order_of_arrival_and_process_sorts(self):
        self.assertEqual(self.values("reduce"), ["3,-1,3"])
        self.assertEqual(self.values("process"), [[-1, 3, 3]])


class Lateness(unittest.TestCase):
    def test_without_lateness_a_window_expires_as_it_fires(self):
        output = run(tumbling(10), 0, "count", [r(3), w(8), r(4), w(9), r(5)])
        self.assertEqual(output.results, [Result(0, 10, "a", 2)])
        self.assertEqual(output.late, [Late(5, "a", 1)])

    def test_an_allowed_late_element_fires_its_window_again_for_its_key_only(self):
        elements = [r(3, "a", 7), r(4, "b", 1), w(9), r(5, "a", 2), w(13), r(6, "a", 1), w(14), r(7, "a", 1)]
        output = run(tumbling(10), 5, "sum", elements)
        self.assertEqual(
            output.results,
            [Result(0, 10, "a", 7), Result(0, 10, "b", 1), Result(0, 10, "a", 9), Result(0, 10, "a", 10)],
        )
        self.assertEqual(output.late, [Late(7, "a", 1)])

    def test_a_first_element_of_a_passed_window_fires_at_once_and_not_again(self):
        output = run(tumbling(10), 5, "count", [w(9), r(5), w(12), w(END_OF_INPUT)])
        self.assertEqual(output.results, [Result(0, 10, "a", 1)])

    def test_an_element_goes_to_those_of_its_windows_that_have_not_expired(self):
        # 3 is in (-5,5) expired at 4, (0,10) still open: not late, one result.
        output = run(sliding(10, 5), 0, "count", [w(4), r(3), w(END_OF_INPUT)])
        self.assertEqual(output.results, [Result(0, 10, "a", 1)])
        self.assertEqual(output.late, [])

    def test_one_element_fires_each_passed_window_in_order_of_the_ends(self):
        output = run(sliding(10, 5), 20, "count", [r(1), w(9), r(3)])
        self.assertEqual(
            output.results,
            [Result(-5, 5, "a", 1), Result(0, 10, "a", 1), Result(-5, 5, "a", 2), Result(0, 10, "a", 2)],
        )

    def test_an_element_in_no_window_is_late_by_its_own_timestamp(self):
        gap = sliding(3, 10)
        self.assertEqual(run(gap, 2, "count", [w(6), r(5)]), ([], [], [Late(5, "a", 1)]))
        self.assertEqual(run(gap, 2, "count", [w(7), r(5)]), ([], [Late(5, "a", 1)], []))

    def test_after_the_end_of_input_everything_is_late(self):
        self.assertEqual(run(tumbling(10), 99, "count", [w(END_OF_INPUT), r(5)]), ([], [Late(5, "a", 1)], []))


if __name__ == "__main__":
    unittest.main()
