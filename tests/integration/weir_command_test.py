"""What the command `weir` does with its output: a reader that has seen enough."""

import os
import subprocess

from checkpoint_command_test import GOLDEN, ORDERS
from clusters import ClusterCase
from processes import PATIENCE, TextServer, main, program


class Readers(ClusterCase):
    def unread(self, *arguments):
        """Status and standard error of a command whose output nobody reads."""
        reader, writer = os.pipe()
        os.close(reader)
        try:
            ended = subprocess.run([program("weir"), *arguments], stdout=writer, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, cwd=self.folder, timeout=PATIENCE)
        finally:
            os.close(writer)
        return ended.returncode, ended.stderr.decode()

    def test_that_have_gone_end_a_command_quietly(self):
        self.start_cluster()
        for arguments in (["list"], ["list", "--json"], ["cluster", "status"], ["logs"],
                          ["checkpoint", "ls", GOLDEN], ["checkpoint", "inspect", "--json", GOLDEN / ORDERS]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.unread(*arguments), (141, ""))

    def test_that_have_gone_do_not_end_a_job(self):
        self.start_cluster()
        with TextServer() as server:
            self.assertEqual(self.unread("run", program("socket_window_word_count"), "--port", str(server.port)), (141, ""))
            server.accept()
            [(job, state)] = self.jobs().items()
            self.assertIn(state, ("CREATED", "RUNNING"))
            self.fine("cancel", job)

    def test_that_want_but_a_line_get_it(self):
        ended = self.run_to_end("bash", "-c", 'set -o pipefail; "$0" --help | head -n 1', program("weir"))
        self.assertEqual(ended.out, "Runs Weir's jobs on a cluster, and looks into what they leave on disk.\n")
        self.assertEqual(ended.err, "")

    def test_of_a_full_disk_are_told(self):
        with open("/dev/full", "w") as full:
            ended = subprocess.run([program("weir"), "checkpoint", "ls", GOLDEN], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(ended.returncode, 1)
        self.assertIn(b"cannot write to the standard output: No space left on device", ended.stderr)


if __name__ == "__main__":
    main()
