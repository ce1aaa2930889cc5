"""The socket word count, as its users know it: netcat on one side, its lines on the other.

The clock is the real one. What is asserted holds at any speed: a test types when it has seen a line, and the order and
number of what follows is compared with the reference, of which only the second of typing is left open.
"""

import os
import re
import sys
import time
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import socket_word_count as reference
from processes import Case, TextServer, free_port, main, netcats, program
from windows import sliding

WINDOWS = sliding(5000, 1000)
ONE_SUBTASK = ("--weir.parallelism", "1", "--weir.workers", "1")

_PRINTED = re.compile(rb"WordWithCount\((.*),([0-9]+)\)", re.DOTALL)


def printed(lines):
    """[(word, count)] of the printer's lines."""
    matches = [_PRINTED.fullmatch(line) for line in lines]
    if None in matches:
        raise AssertionError(f"not a line of the printer: {lines[matches.index(None)]}")
    return [(match[1], int(match[2])) for match in matches]


def counts_of(word, lines):
    return [count for found, count in printed(lines) if found == word]


def wait_for_sum(job, total):
    """The lines up to the one with which all counts together are `total`: every word typed counts in five windows."""

    def reached(data):
        lines = data.split(b"\n")[:-1]
        return sum(count for _, count in printed(lines)) >= total and lines

    return job.out.wait_until(reached, f"counts of {total} together")


class SocketCase(Case):
    def start_job(self, port, *arguments):
        return self.start(program("socket_window_word_count"), "--port", str(port), *ONE_SUBTASK, *arguments)

    def assert_finished(self, job):
        self.assertEqual(job.wait(), 0, job.err.data().decode())
        self.assertIn("Socket Window WordCount finished after", job.err.data().decode())


class WithNetcat(SocketCase):
    def test_a_netcat_is_installed(self):
        self.assertTrue(netcats(), "no nc, nc.traditional or nc.openbsd: ./dev setup installs netcat-traditional")

    def test_counts_the_words_typed_into_netcat_and_finishes_when_it_ends(self):
        # Both flavours at the same time: the windows take what they take.
        sessions = []
        for netcat in netcats():
            port = free_port()
            server = self.start(*netcat.serve(port), input=True)
            server.err.wait_for(rb"(?i)listening on .*\b%d\b" % port)
            job = self.start_job(port)
            server.write(b"to be or not to be\n")
            sessions.append((netcat, server, job))
        for netcat, server, job in sessions:
            with self.subTest(netcat=str(netcat)):
                lines = printed(job.out.wait_for_lines(4 * 5))
                for second in range(5):
                    window = lines[4 * second : 4 * second + 4]
                    self.assertEqual(Counter(dict(window)), {b"to": 2, b"be": 2, b"or": 1, b"not": 1})
                server.kill()
                self.assert_finished(job)
                self.assertEqual(len(job.out.lines()), 4 * 5, "a word typed once gives five lines")

    def test_what_is_piped_into_netcat_is_counted_to_the_last_byte(self):
        for netcat in netcats():
            with self.subTest(netcat=str(netcat)):
                port = free_port()
                server = self.start(*netcat.serve(port, end_with_input=True), input=True)
                server.err.wait_for(rb"(?i)listening on .*\b%d\b" % port)
                job = self.start_job(port, "--drain", "--tumbling")
                server.write(b"one two\nlast word")
                server.close_input()
                self.assert_finished(job)
                self.assertEqual({word for word, _ in printed(job.out.lines())}, {b"one", b"two", b"last", b"word"})


class Windows(SocketCase):
    def test_windows_end_at_whole_seconds_and_fire_no_earlier(self):
        with TextServer() as server:
            job = self.start_job(server.port)
            server.accept()
            typed = time.time()
            server.send(b"a\n")
            arrivals = []
            for line in range(1, 6):
                job.out.wait_for_lines(line)
                arrivals.append(time.time())
            for line, arrival in enumerate(arrivals, 1):
                self.assertGreaterEqual(arrival, int(typed) + line)
            # The fastest of the lines was hardly held up, however busy the machine is.
            self.assertLess(min(arrival % 1 for arrival in arrivals), 0.3, arrivals)

    def test_a_word_typed_twice_is_counted_in_the_windows_of_both(self):
        with TextServer() as server:
            job = self.start_job(server.port)
            server.accept()
            server.send(b"a\n")
            job.out.wait_for_lines(2)  # the third second has just begun
            server.send(b"a\n")
            lines = wait_for_sum(job, 2 * 5)
            counts = counts_of(b"a", lines)
            seconds_between = counts.index(2)
            # 1 1 2 2 2 1 1, if the second one was not held up for a whole second.
            self.assertIn(seconds_between, (2, 3, 4))
            fired = reference.firings([(0, b"a"), (1000 * seconds_between, b"a")], WINDOWS)
            self.assertEqual(counts, [words[b"a"] for _, words in fired])
            server.close()
            self.assert_finished(job)
            self.assertEqual(len(job.out.lines()), len(fired), "then nothing")

    def test_windows_fire_in_the_order_of_their_ends(self):
        with TextServer() as server:
            job = self.start_job(server.port)
            server.accept()
            server.send(b"a a a\n")
            job.out.wait_for_lines(1)
            server.send(b"b b a\n")
            lines = wait_for_sum(job, 6 * 5)
            shift = next(at for at, count in enumerate(counts_of(b"a", lines)) if count == 4)
            fired = reference.firings([(0, b"a a a"), (1000 * shift, b"b b a")], WINDOWS)
            at = 0
            for _, words in fired:
                window = printed(lines[at : at + len(words)])
                self.assertEqual(Counter(dict(window)), words)
                at += len(words)
            self.assertEqual(at, len(lines))

    def test_tumbling_windows_count_every_word_once(self):
        with TextServer() as server:
            job = self.start_job(server.port, "--tumbling")
            server.accept()
            server.send(b"once\n")
            self.assertEqual(job.out.wait_for_lines(1), [b"WordWithCount(once,1)"])
            server.send(b"again\n")
            self.assertEqual(job.out.wait_for_lines(2)[1], b"WordWithCount(again,1)")
            server.close()
            self.assert_finished(job)
            self.assertEqual(len(job.out.lines()), 2)


class EndOfInput(SocketCase):
    def test_drops_windows_that_have_not_fired(self):
        with TextServer() as server:
            job = self.start_job(server.port)
            server.accept()
            server.send(b"first\n")
            job.out.wait_for_lines(1)
            server.close()
            self.assert_finished(job)
            self.assertLess(len(job.out.lines()), 5)

    def test_with_drain_fires_them_first(self):
        for arguments in (["--drain"], ["--weir.drain"]):
            with self.subTest(arguments=arguments), TextServer() as server:
                job = self.start_job(server.port, *arguments)
                server.accept()
                server.send(b"first second\n")
                job.out.wait_for_lines(2)
                server.close()
                self.assert_finished(job)
                self.assertEqual(Counter(printed(job.out.lines())), {(b"first", 1): 5, (b"second", 1): 5})


class Text(SocketCase):
    """Bytes in, bytes out. --drain makes every word give its five lines at once, or five a second: the same multiset."""

    def counted(self, *pieces, arguments=()):
        """How often each (word, count) is printed in the five windows that hold all of the pieces, sent at once."""
        with TextServer() as server:
            job = self.start_job(server.port, "--drain", *arguments)
            server.accept()
            for piece in pieces:
                server.send(piece)
            server.close()
            self.assert_finished(job)
            return printed(job.out.lines())

    def assert_counts(self, stream, pieces=None):
        """Every word is counted as often as the reference does, once for each of its five windows."""
        sums = Counter()
        for word, count in self.counted(*(pieces or [stream])):
            sums[word] += count
        expected = Counter(word for line in reference.lines(stream) for word in reference.split(line))
        self.assertEqual(sums, {word: 5 * count for word, count in expected.items()})

    def test_every_separator_stands_alone(self):
        self.assert_counts(b"a b\tc\x0bd\x0ce\rf\n")

    def test_blanks_in_a_row_and_leading_ones_give_empty_words_and_trailing_ones_none(self):
        self.assert_counts(b"a  b\n lead\ntrail  \n\n   \n\t \tend\n")

    def test_an_empty_word_is_printed_as_such(self):
        self.assertEqual(set(self.counted(b"\n")), {(b"", 1)})

    def test_one_carriage_return_before_the_newline_is_stripped(self):
        self.assert_counts(b"a\r\nb\r\r\n\r\nc\rd\r\nlast\r")

    def test_a_last_line_without_newline_counts(self):
        self.assert_counts(b"a\nb")

    def test_bytes_pass_as_they_are(self):
        self.assert_counts(b"\xff\xfe \xc3\xa9t\xc3\xa9 \x00nul\x00 \xc2\xa0 \x1c (a,1)\n")

    def test_a_peer_that_sends_nothing_is_an_empty_input(self):
        self.assertEqual(self.counted(), [])

    def test_a_line_may_arrive_in_pieces(self):
        with TextServer() as server:
            job = self.start_job(server.port, "--drain")
            server.accept()
            server.send(b"whole\nhel")
            # What is printed shows that all before it has been read.
            job.out.wait_for(rb"whole")
            server.send(b"lo wor")
            job.out.wait_for_lines(2)
            server.send(b"ld\n")
            server.close()
            self.assert_finished(job)
            self.assertEqual(Counter(printed(job.out.lines())),
                             {(b"whole", 1): 5, (b"hello", 1): 5, (b"world", 1): 5})

    def test_many_lines_are_all_counted(self):
        self.assert_counts(b"".join(b"w%d some text\n" % (n % 100) for n in range(50_000)))

    def test_a_line_of_the_largest_length_counts(self):
        self.assertEqual(set(self.counted(b"x" * 10 + b"\r\n", arguments=["--max-line", "10"])), {(b"x" * 10, 1)})

    def test_a_line_beyond_the_limit_fails_the_job_with_its_length_and_place(self):
        for end in (b"\n", b""):
            with self.subTest(end=end), TextServer() as server:
                job = self.start_job(server.port, "--max-line", "10")
                server.accept()
                server.send(b"short\n" + b"y" * 11 + end)
                server.close()
                self.assertEqual(job.wait(), 1)
                self.assertIn(f"text from localhost:{server.port}: line 2, which begins at byte 6, has 11 bytes so far, "
                              "above the limit of 10", job.err.data().decode())

    def test_the_limit_is_a_mebibyte_and_seen_without_the_end_of_the_line(self):
        with TextServer() as server:
            job = self.start_job(server.port)
            server.accept()
            server.send(b"z" * (1024 * 1024 + 1))
            self.assertEqual(job.wait(), 1)
            self.assertRegex(job.err.data().decode(), r"line 1, which begins at byte 0, has 1048577 bytes so far, "
                                                      r"above the limit of 1048576")


class Connecting(SocketCase):
    def test_a_refused_connection_fails_the_job_with_the_address(self):
        port = free_port()
        job = self.start_job(port, "--hostname", "127.0.0.1")
        self.assertEqual(job.wait(), 1)
        self.assertIn(f"cannot connect to 127.0.0.1:{port}: Connection refused", job.err.data().decode())
        self.assertEqual(job.out.data(), b"")

    def test_a_host_without_an_address_fails_the_job_with_its_name(self):
        job = self.start_job(9, "--hostname", "nowhere.invalid")
        self.assertEqual(job.wait(), 1)
        self.assertIn("cannot connect to nowhere.invalid:9: ", job.err.data().decode())

    def test_retries_are_counted_in_the_message(self):
        job = self.start_job(free_port(), "--retries", "2")
        self.assertEqual(job.wait(), 1)
        self.assertIn("Connection refused (tried 3 times)", job.err.data().decode())

    def test_retries_wait_for_a_server_that_comes_later(self):
        netcat = netcats()[0]
        port = free_port()
        job = self.start_job(port, "--retries", "1000", "--drain")
        job.err.wait_for(rb"at-most-once")
        server = self.start(*netcat.serve(port), input=True)
        server.write(b"patience\n")
        job.out.wait_for(rb"WordWithCount\(patience,1\)")
        server.kill()
        self.assert_finished(job)


class CommandLine(SocketCase):
    def test_without_port_says_how_to_start_a_text_server(self):
        ended = self.run_to_end(program("socket_window_word_count"))
        self.assert_ended(ended, 2)
        self.assertEqual(ended.out, "")
        first, second, *_ = ended.err.splitlines()
        self.assertEqual(first, "No port specified. Please run 'socket_window_word_count --port <port>'")
        self.assertRegex(second, r"start a (simple )?text server.*'nc -lk -p <port>'")

    def test_a_port_that_is_none_is_refused(self):
        for port in ("70000", "-1", "http", ""):
            with self.subTest(port=port):
                ended = self.run_to_end(program("socket_window_word_count"), f"--port={port}")
                self.assert_ended(ended, 2)
                self.assertIn("--port", ended.err)
                self.assertIn("65535", ended.err)

    def test_the_demo_shows_counts_within_seconds_until_it_is_interrupted(self):
        job = self.start(program("socket_window_word_count"), "--demo")
        lines = job.out.wait_for_lines(10, patience=10)
        for word, count in printed(lines):
            self.assertRegex(word, rb"[a-z]+")
            self.assertGreater(count, 0)
        job.interrupt()
        self.assertEqual(job.wait(), 130)
        self.assertIn("Socket Window WordCount stopped by SIGINT after", job.err.data().decode())


class Graph(SocketCase):
    def log_of_a_run(self, *arguments):
        with TextServer() as server:
            job = self.start(program("socket_window_word_count"), "--port", str(server.port), *arguments)
            server.accept()
            server.close()
            self.assert_finished(job)
            return job.err.data().decode()

    def test_at_parallelism_1_there_are_two_tasks_and_one_hash_exchange(self):
        self.assertIn("Socket Window WordCount: Source: Socket Stream -> Flat Map (1) =hash=> counts -> Sink: Print (1), ",
                      self.log_of_a_run(*ONE_SUBTASK))

    def test_at_higher_parallelism_source_and_printer_stay_single(self):
        self.assertIn("Source: Socket Stream (1) =rebalance=> Flat Map (3) =hash=> counts (3) =rebalance=> Sink: Print (1), ",
                      self.log_of_a_run("--weir.parallelism", "3"))

    def test_says_that_words_can_be_lost_when_it_is_submitted(self):
        warnings = [line for line in self.log_of_a_run(*ONE_SUBTASK).splitlines() if " WARN " in line]
        self.assertRegex(warnings[0], r"'Source: Socket Stream' cannot be read again.* lost \(at-most-once\)")


class Printer(Case):
    """The prefix, which the example's single printer never shows."""

    def lines(self, *arguments):
        ended = self.run_to_end(program("prefixed"), "--weir.batch-size", "1", *arguments)
        self.assert_ended(ended, 0)
        return sorted(ended.out.splitlines())

    def test_one_printer_has_no_prefix_and_a_name_is_one(self):
        self.assertEqual(self.lines(), [f"Word({word})" for word in "abcdefgh"])
        self.assertEqual(self.lines("--name", "out"), [f"out> Word({word})" for word in "abcdefgh"])

    def test_several_printers_are_numbered_from_1(self):
        for name, before in (("", ""), ("out", "out:")):
            with self.subTest(name=name):
                lines = self.lines("--printers", "4", f"--name={name}")
                self.assertEqual(sorted(line.split("> ")[1] for line in lines), [f"Word({word})" for word in "abcdefgh"])
                self.assertEqual({line.split("> ")[0] for line in lines}, {f"{before}{n}" for n in range(1, 5)})

    def test_the_lines_of_the_example_at_higher_parallelism_have_no_prefix(self):
        with TextServer() as server:
            job = self.start(program("socket_window_word_count"), "--port", str(server.port), "--weir.parallelism", "4",
                             "--drain")
            server.accept()
            server.send(b"a b c d e f g h\n")
            server.close()
            self.assertEqual(job.wait(), 0)
            self.assertEqual(Counter(printed(job.out.lines())), {(bytes([word]), 1): 5 for word in b"abcdefgh"})


if __name__ == "__main__":
    main()
