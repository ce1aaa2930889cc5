"""The word count over a socket: windows that a killed process left open fire after its restart, in order."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from processes import Case, TextServer, main, program
from word_count_job import KILLED, last_log_entry, wait_for_log_entry


class Socket(Case):
    def start_job(self, port):
        return self.start(program("socket_window_word_count"), "--port", str(port), "--drain", "--weir.parallelism=1",
                          f"--weir.checkpoint-dir={self.path('checkpoints')}", "--weir.checkpoint-interval=50ms")

    def test_restored_windows_fire_in_the_order_of_their_ends(self):
        with TextServer() as server:
            job = self.start_job(server.port)
            server.accept()
            server.send(b"a\n")
            job.out.wait_for_lines(2)
            server.send(b"b\n")
            job.out.wait_for(rb"\(b,1\)")
            # A checkpoint that began after the line was printed has what is left of the windows.
            wait_for_log_entry(self.path("checkpoints"), last_log_entry(self.path("checkpoints")) + 2)
            job.kill()
            self.assertEqual(job.wait(), KILLED)
            before = job.out.lines()
        with TextServer() as server:
            job = self.start_job(server.port)
            server.accept()
            server.send(b"c\n")
            job.out.wait_for(rb"\(c,1\)")
            server.close()
            self.assertEqual(job.wait(), 0, job.err.data().decode())
            after = job.out.lines()
        for word in (b"a", b"b", b"c"):
            lines = (before + after).count(b"WordWithCount(%s,1)" % word)
            # Printing is at-least-once: what was printed behind the last checkpoint is printed again.
            self.assertIn(lines, (5, 6), f"{word} in {before} and {after}")
        # `a` leaves the windows first, then `b`, then `c`.
        last = {word: max(at for at, line in enumerate(after) if line == b"WordWithCount(%s,1)" % word)
                for word in (b"a", b"b", b"c")}
        self.assertLess(last[b"a"], last[b"b"], after)
        self.assertLess(last[b"b"], last[b"c"], after)


if __name__ == "__main__":
    main()
