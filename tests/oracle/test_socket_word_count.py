import contextlib
import io
import os
import tempfile
import unittest

import flags
import socket_word_count
from socket_word_count import firings, lines, printed, split
from windows import sliding, tumbling

NOON = 43_200_000
FIVE_BY_ONE = sliding(5000, 1000)


class Split(unittest.TestCase):
    def test_each_separator_stands_alone(self):
        self.assertEqual(split(b"a b\tc\nd\x0be\x0cf\rg"), [b"a", b"b", b"c", b"d", b"e", b"f", b"g"])

    def test_two_blanks_have_an_empty_word_between_them(self):
        self.assertEqual(split(b"a  b"), [b"a", b"", b"b"])
        self.assertEqual(split(b"a \t\tb"), [b"a", b"", b"", b"b"])

    def test_a_leading_blank_gives_an_empty_word_and_a_trailing_one_none(self):
        self.assertEqual(split(b" a"), [b"", b"a"])
        self.assertEqual(split(b"a "), [b"a"])
        self.assertEqual(split(b"  a  "), [b"", b"", b"a"])

    def test_an_empty_line_is_one_empty_word_and_a_line_of_blanks_none(self):
        self.assertEqual(split(b""), [b""])
        self.assertEqual(split(b" "), [])
        self.assertEqual(split(b" \t \r"), [])

    def test_other_bytes_are_no_separators(self):
        self.assertEqual(split(b"a\xc2\xa0b \xff\x00 \x1c"), [b"a\xc2\xa0b", b"\xff\x00", b"\x1c"])


class Lines(unittest.TestCase):
    def test_a_newline_ends_a_line_and_what_follows_the_last_counts(self):
        self.assertEqual(lines(b"a\nb"), [b"a", b"b"])
        self.assertEqual(lines(b"a\nb\n"), [b"a", b"b"])
        self.assertEqual(lines(b"a\n\n"), [b"a", b""])
        self.assertEqual(lines(b""), [])

    def test_one_trailing_carriage_return_is_stripped(self):
        self.assertEqual(lines(b"a\r\nb\r\r\n\r\nc\rd\r"), [b"a", b"b\r", b"", b"c\rd"])


class Printed(unittest.TestCase):
    def test_the_prefix_names_the_printer_and_its_subtask_where_there_are_several(self):
        self.assertEqual(printed(b"lorem", 1), b"WordWithCount(lorem,1)")
        self.assertEqual(printed(b"lorem", 1, subtask=2, parallelism=4), b"3> WordWithCount(lorem,1)")
        self.assertEqual(printed(b"lorem", 1, name="out"), b"out> WordWithCount(lorem,1)")
        self.assertEqual(printed(b"lorem", 1, name="out", subtask=2, parallelism=4), b"out:3> WordWithCount(lorem,1)")


class Firings(unittest.TestCase):
    def test_a_word_typed_twice_is_counted_in_seven_windows(self):
        fired = firings([(NOON + 300, b"a"), (NOON + 2500, b"a")], FIVE_BY_ONE)
        self.assertEqual(fired, [(NOON + 1000 * second, {b"a": count})
                                 for second, count in enumerate([1, 1, 2, 2, 2, 1, 1], 1)])

    def test_a_word_typed_once_gives_five_lines(self):
        fired = firings([(NOON + 1, b"a")], FIVE_BY_ONE)
        self.assertEqual([time - NOON for time, _ in fired], [1000, 2000, 3000, 4000, 5000])

    def test_a_word_at_exactly_the_end_belongs_to_the_next_window(self):
        self.assertEqual(firings([(4999, b"a"), (5000, b"a")], tumbling(5000)),
                         [(5000, {b"a": 1}), (10000, {b"a": 1})])

    def test_the_words_of_a_line_are_counted_apart(self):
        self.assertEqual(firings([(0, b"to be  or to")], tumbling(5000)),
                         [(5000, {b"to": 2, b"be": 1, b"": 1, b"or": 1})])

    def test_a_line_of_blanks_prints_nothing(self):
        self.assertEqual(firings([(0, b"  ")], FIVE_BY_ONE), [])

    def test_at_the_close_windows_that_have_not_ended_are_lost_or_drained(self):
        script = [(300, b"a"), (1200, b"b")]
        self.assertEqual(firings(script, FIVE_BY_ONE, close=2000), [(1000, {b"a": 1}), (2000, {b"a": 1, b"b": 1})])
        self.assertEqual(
            firings(script, FIVE_BY_ONE, close=4000, drain=True),
            [(1000, {b"a": 1}), *((time, {b"a": 1, b"b": 1}) for time in (2000, 3000, 4000, 4000)), (4000, {b"b": 1})],
        )
        with self.assertRaises(ValueError):
            firings(script, FIVE_BY_ONE, close=1100)

    def test_a_clock_that_jumps_back_stands_still_for_the_operator(self):
        self.assertEqual(firings([(7000, b"a"), (1000, b"a")], tumbling(5000)), [(10000, {b"a": 2})])


class CommandLine(unittest.TestCase):
    def test_prints_each_firing_with_its_time(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "script")
            with open(path, "wb") as file:
                file.write(b"100\tb a\n200\ta\tb\n")
            out = io.TextIOWrapper(io.BytesIO())
            with contextlib.redirect_stdout(out):
                self.assertEqual(socket_word_count.main([path, "--window", "tumbling:1s"]), 0)
            self.assertEqual(out.buffer.getvalue(), b"1000\tWordWithCount(a,2)\n1000\tWordWithCount(b,2)\n")

    def test_a_line_that_is_no_script_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "script")
            with open(path, "wb") as file:
                file.write(b"100\ta\nnonsense\n")
            with self.assertRaisesRegex(ValueError, "script:2: "):
                socket_word_count.main([path])


class Flags(unittest.TestCase):
    def test_a_duration_is_a_number_and_a_unit(self):
        self.assertEqual([flags.duration(text) for text in ("0", "250ms", "-3s", "2min", "1h", "1d")],
                         [0, 250, -3000, 120_000, 3_600_000, 86_400_000])
        for text in ("", "10", "s", "1.5s", "1 s", "10m"):
            with self.assertRaisesRegex(ValueError, "is no duration"):
                flags.duration(text)

    def test_a_window_is_a_kind_and_its_durations(self):
        self.assertEqual(flags.windows("tumbling:10s", 3), tumbling(10_000, 3))
        self.assertEqual(flags.windows("sliding:5s:1s"), sliding(5000, 1000))
        for text in ("tumbling", "tumbling:5s:1s", "sliding:5s", "session:5s"):
            with self.assertRaisesRegex(ValueError, "is no window"):
                flags.windows(text)


if __name__ == "__main__":
    unittest.main()
