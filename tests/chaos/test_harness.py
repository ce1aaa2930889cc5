"""What looks for wrong output must find it: the reader, the comparison and the input with a known answer."""

import os
import signal
import socket
import sys
import tempfile
import unittest
from collections import Counter

import block_input
import cuts
from block_input import BlockInput
from watcher import Watcher
from word_count_job import difference, word_count


class Folder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def write(self, name, data):
        """Appears as a whole, as delivered files do."""
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(data)
        os.rename(file.name, path)


class Reader(Folder):
    def watch(self, *acts):
        """What is found when it looks after each act."""
        watcher = Watcher(self.folder)
        with watcher:
            for act in acts:
                act()
                watcher.look()
        return watcher.faults

    def test_lets_new_whole_files_pass(self):
        self.assertEqual(self.watch(lambda: self.write("a", b"1\n"), lambda: self.write("b", b"2\n")), [])

    def test_does_not_see_hidden_files(self):
        self.assertEqual(self.watch(lambda: self.write(".weir/a", b"1"), lambda: self.write(".b", b"2")), [])

    def test_finds_a_file_without_its_end(self):
        (fault,) = self.watch(lambda: self.write("a", b"1\n2"))
        self.assertIn("when it ended with b'1\\n2'", fault)

    def test_finds_a_file_that_changes(self):
        faults = self.watch(lambda: self.write("a", b"1\n"), lambda: self.write("a", b"1\n2\n"))
        self.assertTrue(any("became" in fault for fault in faults), faults)

    def test_finds_other_bytes_in_a_file_that_looks_the_same(self):
        def change():
            path = os.path.join(self.folder, "a")
            stat = os.stat(path)
            with open(path, "r+b") as file:
                file.write(b"2")
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

        (fault,) = self.watch(lambda: self.write("a", b"1\n"), change)
        self.assertIn("other bytes", fault)

    def test_finds_a_file_that_goes_away(self):
        (fault,) = self.watch(lambda: self.write("a", b"1\n"), lambda: os.remove(os.path.join(self.folder, "a")))
        self.assertIn("is gone", fault)


class Difference(unittest.TestCase):
    def test_is_empty_for_equal_multisets(self):
        self.assertEqual(difference(Counter([b"a", b"a"]), Counter([b"a", b"a"])), "")

    def test_counts_what_is_missing_and_what_is_too_many(self):
        self.assertEqual(difference(Counter([b"a", b"a"]), Counter([b"a", b"b"])),
                         "1 lines are missing: 'b'; 1 lines are too many: 'a'")


class Input(Folder):
    def test_has_the_results_that_the_reference_interpreter_finds_right(self):
        for window in ("tumbling:10s", "sliding:10s:2s", "tumbling:200s"):
            with self.subTest(window=window):
                blocks = BlockInput(1, window, files=2, blocks=3, records=200, words=4)
                folder = os.path.join(self.folder, window)
                blocks.write(os.path.join(folder, "in"))
                lines = list(blocks.expected().elements())
                self.write(os.path.join(window, "out/part"), b"\n".join(lines) + b"\n")
                checked = word_count.Check(word_count.flags.windows(window), 0, block_input.OUT_OF_ORDERNESS)
                checked.run(os.path.join(folder, "in"), os.path.join(folder, "out"))
                self.assertEqual(checked.differences, [])
                self.assertIn(f"{blocks.records} lines: {blocks.records} due in results, 0 late", checked.summary)

    def test_of_windows_that_reach_into_the_next_block_is_refused(self):
        for window in ("tumbling:300s", "tumbling:7s"):
            with self.assertRaises(ValueError):
                BlockInput(1, window)


@unittest.skipIf(cuts.cannot_cut(), "connections of other processes cannot be cut here")
class Cuts(unittest.TestCase):
    """Of a connection to a process that answers everything it gets."""

    def setUp(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.child = os.fork()
            if self.child == 0:
                connection, _ = listener.accept()
                while data := connection.recv(100):
                    connection.sendall(data)
                signal.pause()
            self.client = socket.create_connection(listener.getsockname())
        self.addCleanup(self.client.close)
        self.addCleanup(os.waitpid, self.child, 0)
        self.addCleanup(os.kill, self.child, signal.SIGKILL)
        self.client.settimeout(10)
        self.client.sendall(b"begin")
        self.assertEqual(self.client.recv(100), b"begin")
        (self.connection,) = cuts.connections_between([os.getpid(), self.child])
        self.addCleanup(self.connection.close)

    def hears_nothing(self):
        self.client.settimeout(0.3)
        self.assertRaises(TimeoutError, self.client.recv, 100)
        self.client.settimeout(10)

    def test_hold_back_what_comes_to_one_end(self):
        for end in (0, 1):
            self.connection.cut([end])
            self.client.sendall(b"held")
            self.hears_nothing()
            self.connection.heal()
            self.assertEqual(self.client.recv(100), b"held")

    def test_hold_back_what_comes_to_both(self):
        self.connection.cut([0, 1])
        self.client.sendall(b"held")
        self.hears_nothing()
        self.connection.heal()
        self.assertEqual(self.client.recv(100), b"held")

    def test_can_be_healed_without_a_cut(self):
        self.connection.heal()

    def test_a_connection_that_is_hung_up_ends_on_both_sides(self):
        self.connection.hang_up()
        self.assertEqual(self.client.recv(100), b"")

    def test_an_ended_process_has_no_connections(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitid(os.P_PID, self.child, os.WEXITED | os.WNOWAIT)
        self.connection.close()
        self.assertEqual(cuts.connections_between([os.getpid(), self.child, 4_000_000]), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
